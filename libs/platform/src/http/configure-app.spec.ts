import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';

import { Controller, Get, Header, HttpCode, Param, Post } from '@nestjs/common';

import { Metrics } from '#platform/metrics/metrics';
import { FrameApp } from '#testing/frame-app';

import { AskedBy, type Asker } from './asker.ts';
import { Public } from './public.ts';

@Public()
@Controller('echo')
class EchoController {
  @Get('id')
  async id(@AskedBy() { requestId }: Asker): Promise<object> {
    await new Promise(setImmediate);
    return { requestId };
  }

  @Get('slow')
  async slow(): Promise<object> {
    await new Promise((resolve) => setTimeout(resolve, 100));
    return {};
  }

  @Get('cached')
  @Header('cache-control', 'public, max-age=300')
  cached(): object {
    return {};
  }

  @Get('item/:name')
  item(@Param('name') name: string): object {
    return { name };
  }

  @Post()
  @HttpCode(200)
  post(): object {
    return {};
  }
}

let frame: FrameApp;
beforeAll(async () => {
  frame = await FrameApp.start([EchoController], { RATE_LIMIT_SCALE: '100' });
});
afterAll(() => frame.close());

describe('the request id', () => {
  const idFor = async (given?: string): Promise<readonly [string, string]> => {
    const answer = await frame.fetch('/echo/id', given === undefined ? {} : { headers: { 'x-request-id': given } });
    const { requestId } = (await answer.json()) as { requestId: string };
    return [answer.headers.get('x-request-id') ?? '', requestId];
  };

  test('of the client is kept when it is well-formed', async () => {
    expect(await idFor('a.b-c_9')).toEqual(['a.b-c_9', 'a.b-c_9']);
    expect(await idFor('x'.repeat(64))).toEqual(['x'.repeat(64), 'x'.repeat(64)]);
  });

  test.each(['', 'x'.repeat(65), 'a b', 'a,b', 'ü', '{"level":"error"}', 'a/../b'])('%j is replaced', async (given) => {
    const [answered, inside] = await idFor(given);
    expect(answered).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(inside).toBe(answered);
  });

  test('is made when there is none, and never mixed up between requests', async () => {
    const pairs = await Promise.all(Array.from({ length: 50 }, () => idFor()));
    expect(new Set(pairs.map(([answered]) => answered)).size).toBe(50);
    for (const [answered, inside] of pairs) expect(inside).toBe(answered);
  });
});

test('every answer has the headers of safety, and a route may say how long it keeps', async () => {
  const { headers } = await frame.fetch('/echo/id');
  expect(Object.fromEntries(headers)).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
  });
  expect([headers.get('x-powered-by'), headers.get('server'), headers.get('strict-transport-security')]).toEqual([
    null,
    null,
    null,
  ]);
  expect((await frame.fetch('/echo/cached')).headers.get('cache-control')).toBe('public, max-age=300');
});

test('in production browsers are told to stay with https', async () => {
  const production = await FrameApp.start([EchoController], {
    NODE_ENV: 'production',
    TROTH_SECRET: 'kQ2v8yX1mZ7pR4tW9bN3cL6hJ5dF0gSa',
    PUBLIC_URL: 'https://auth.test',
    SMTP_URL: 'smtps://mail.test',
    MAIL_FROM: 'a@auth.test',
  });
  const answers = [
    await production.fetch('/echo/id'),
    await production.fetch('/nothing'),
    await production.fetch('/%zz'),
  ];
  await production.close();
  for (const { headers } of answers) expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
});

describe('what is no request at all is answered as a problem too', () => {
  const problemIn = (text: string): unknown => JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));

  test.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['TLS', Buffer.from('16030100a5010000a1030300112233', 'hex')],
    ['a broken request line', 'GET /echo/id HTTP/9.9\r\n\r\n'],
    ['a header without a name', 'GET /echo/id HTTP/1.1\r\n: x\r\n\r\n'],
    ['a header with NUL', 'GET /echo/id HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n'],
    ['no host', 'GET /echo/id HTTP/1.1\r\n\r\n'],
    ['two hosts', 'GET /echo/id HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n'],
    ['the same host twice', 'GET /echo/id HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n'],
    ['two hosts of HTTP/1.0', 'GET /echo/id HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n'],
    [
      'two types of the body',
      'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}',
    ],
    ['two lengths', 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a negative length', 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
    [
      'length and chunks',
      'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'a broken chunk',
      'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    ],
  ])('%s', async (_what, bytes) => {
    const text = await frame.send(bytes);
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(problemIn(text)).toMatchObject({
      type: 'http://troth.test/problems/malformed-request',
      status: 400,
      instance: expect.any(String),
    });
    expect(text).toMatch(/\r\ncontent-type: application\/problem\+json\r\n/i);
  });

  test('whoever goes on sending gets one answer and one line', async () => {
    const refusals = (): number => frame.lines.filter(({ reason }) => reason === 'HPE_INVALID_METHOD').length;
    const before = refusals();
    const text = await frame.sendInPieces([
      'hello\r\n\r\n',
      'hello again\r\n\r\n',
      'GET /echo/id HTTP/1.1\r\nHost: x\r\n\r\n',
    ]);
    expect([text.match(/HTTP\/1\.1/g)?.length, refusals() - before]).toEqual([1, 1]);
  });

  test('a tunnel is refused, and its connection ends', async () => {
    const text = await frame.send(
      'CONNECT mail.test:25 HTTP/1.1\r\nHost: mail.test:25\r\nX-Request-Id: tunnel\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 405 .*\r\nallow: \r\n/s);
    expect(problemIn(text)).toMatchObject({ code: 'method-not-allowed', instance: 'tunnel' });
  });

  test('headers over the limit', async () => {
    const text = await frame.send(`GET /echo/id HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(problemIn(text)).toMatchObject({ code: 'payload-too-large' });
  });

  test('a URL over the limit', async () => {
    expect(await frame.send(`GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('a client that hangs up is nobody to answer to', async () => {
    expect(
      await frame.sendInPieces(
        ['POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{'],
        true,
      ),
    ).toBe('');
    expect((await frame.fetch('/echo/id')).status).toBe(200);
  });
});

test('a client that is slow to send is not waited for', () => {
  const { headersTimeout, requestTimeout, keepAliveTimeout }: Server = frame.app.getHttpServer();
  expect({ headersTimeout, requestTimeout, keepAliveTimeout }).toEqual({
    headersTimeout: 10_000,
    requestTimeout: 15_000,
    keepAliveTimeout: 72_000,
  });
});

test.each([
  ['its headers', 'GET /echo/id HTTP/1.1\r\nHost: x\r\nA: '],
  [
    'its body',
    'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{"a":"',
  ],
])('a client that drips %s is answered 408 and hung up on, however steadily it drips', async (_what, head) => {
  const slow = await FrameApp.start([EchoController], {}, [], { request: 400, headers: 300, check: 50 });
  const socket = connect(slow.port, '127.0.0.1');
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk)).on('error', () => undefined);
  socket.write(head);
  const drip = setInterval(() => socket.write('x'), 20);
  await once(socket, 'close');
  clearInterval(drip);
  const text = Buffer.concat(received).toString('utf8');
  expect(text).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n.*\r\nconnection: close\r\n.*"code":"request-timeout"/s);
  expect((await slow.fetch('/echo/id')).status).toBe(200);
  await slow.close();
});

test('odd but valid requests are answered', async () => {
  const status = async (bytes: string): Promise<string | undefined> => (await frame.send(bytes)).split('\r\n', 1)[0];
  expect(await status('GET http://x/echo/id HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toBe('HTTP/1.1 200 OK');
  expect(await status('GET /echo/id HTTP/1.0\r\n\r\n')).toBe('HTTP/1.1 200 OK');
  expect(await status('OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toBe('HTTP/1.1 404 Not Found');
  expect(await status('GET *echo/id HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toBe('HTTP/1.1 404 Not Found');
  expect(await status('GET /echo/id HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nConnection: close\r\n\r\n')).toBe(
    'HTTP/1.1 200 OK',
  );
  expect(
    await status('GET /echo/id HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade, close\r\n\r\n'),
  ).toBe('HTTP/1.1 200 OK');
  expect(await status('TRACE /echo/id HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toBe(
    'HTTP/1.1 405 Method Not Allowed',
  );
});

describe('the log', () => {
  test('has a line for a request whose client hung up, before its body came or while it waited', async () => {
    const head = 'Host: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n';
    await frame.sendInPieces([`POST /echo HTTP/1.1\r\nX-Request-Id: gone-1\r\n${head}\r\n{`], true);
    await frame.sendInPieces(['GET /echo/slow HTTP/1.1\r\nX-Request-Id: gone-2\r\nHost: x\r\n\r\n'], true);
    expect(await frame.lineOf('gone-1')).toMatchObject({ route: '/echo', status: 499 });
    expect(await frame.lineOf('gone-2')).toMatchObject({ route: '/echo/slow', status: 499 });
  });

  test('has one line a request, with the pattern of its route and nothing the client wrote', async () => {
    await frame.fetch('/echo/item/ada@example.com?token=very-secret', {
      headers: {
        'x-request-id': 'logged',
        authorization: 'Basic YWRhQGV4YW1wbGUuY29tOng=',
        'user-agent': 'agent-007',
        'x-forwarded-for': '198.51.100.1',
      },
    });
    expect(await frame.lineOf('logged')).toEqual({
      level: 'info',
      time: expect.any(String),
      requestId: 'logged',
      event: 'request',
      method: 'GET',
      route: '/echo/item/:name',
      status: 200,
      ms: expect.any(Number),
    });
    expect(frame.lines.filter(({ requestId }) => requestId === 'logged')).toHaveLength(1);
  });

  test('has a line for what no route took, without its path', async () => {
    await frame.fetch('/ada@example.com/very-secret', { headers: { 'x-request-id': 'no-route' } });
    await frame.fetch('/%zz-very-secret', { headers: { 'x-request-id': 'no-url' } });
    const answer = await frame.send('very-secret\r\n\r\n');
    const requestId = /x-request-id: (\S+)/.exec(answer)?.[1] ?? '';
    expect(await frame.lineOf('no-route')).toMatchObject({ route: 'unmatched', status: 404 });
    expect(await frame.lineOf('no-url')).toMatchObject({ route: 'unmatched', status: 400 });
    expect(await frame.lineOf(requestId)).toMatchObject({ route: 'unmatched', status: 400 });
    expect(frame.logText).not.toMatch(/very-secret|ada@example|198\.51|agent-007|YWRh/);
  });
});

test('requests are measured by route pattern, method and class of status', async () => {
  await frame.fetch('/echo/item/one');
  await frame.fetch('/echo/item/two');
  await frame.fetch('/one/of/many/unknown/paths');
  await frame.fetch('/echo/item/one', { method: 'PROPFIND' });
  const text = await frame.app.get(Metrics).registry.metrics();
  expect(text).toMatch(
    /troth_http_request_duration_seconds_count\{route="\/echo\/item\/:name",method="GET",status="2xx"\} [2-9]/,
  );
  expect(text).toContain('route="unmatched",method="OTHER",status="4xx"');
  expect(text).not.toMatch(/item\/one|unknown\/paths|PROPFIND/);
  expect(text).toContain('nodejs_eventloop_lag_seconds');
});

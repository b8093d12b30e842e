import { Controller, Get, Header, HttpCode, HttpException, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

import { DatabaseUnavailable, StatementFailed } from '#data/database';
import { Public } from '#platform/http/public';
import { FrameApp } from '#testing/frame-app';

import { Problem, PROBLEMS } from './problem.ts';

@Public()
@Controller('things')
class ThingsController {
  @Post()
  @HttpCode(201)
  make(): object {
    return {};
  }

  @Get('thrown/:what')
  thrown(@Param('what') what: string): never {
    if (what === 'error') throw new Error('ada@example.com could not log in with postgres://u:p@host/db');
    if (what === 'text') throw 'a text'; // eslint-disable-line @typescript-eslint/only-throw-error
    if (what === 'nothing') throw undefined; // eslint-disable-line @typescript-eslint/only-throw-error
    if (what === 'gateway') throw new HttpException('told by nobody', 502);
    if (what === 'database') throw new DatabaseUnavailable('connection_refused');
    if (what === 'statement') throw new StatementFailed('42P01');
    throw new Problem('activation-failed', {
      reason: 'code_expired',
      detail: 'Seen.',
      claimId: 'c-1',
      email: 'ada@example.com',
    });
  }

  @Get('cached')
  @Header('cache-control', 'public, max-age=300')
  cached(): never {
    throw new Problem('overloaded', { headers: { 'retry-after': '1' } });
  }

  @Get('late')
  late(@Res() reply: FastifyReply): never {
    reply.send({ sent: true });
    throw new Error('too late');
  }
}

let frame: FrameApp;
beforeAll(async () => {
  frame = await FrameApp.start([ThingsController]);
});
afterAll(() => frame.close());

async function answerTo(path: string, method = 'GET', requestId = 'r-1'): Promise<readonly [Response, unknown]> {
  const answer = await frame.fetch(path, { method, headers: { 'x-request-id': requestId } });
  const text = await answer.text();
  return [answer, text === '' ? undefined : JSON.parse(text)];
}

test('a problem is answered as RFC 9457 says, and its reason stays in the log', async () => {
  const [answer, body] = await answerTo('/things/thrown/problem', 'GET', 'reason');
  expect(body).toEqual({
    type: 'http://troth.test/problems/activation-failed',
    title: 'The code or the password is not right, or the claim has ended.',
    status: 401,
    detail: 'Seen.',
    code: 'activation-failed',
    instance: 'reason',
  });
  expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
    401,
    'application/problem+json',
    'no-store',
  ]);
  expect(await frame.lineOf('reason')).toMatchObject({
    problem: 'activation-failed',
    reason: 'code_expired',
    claimId: 'c-1',
    email: '[redacted]',
  });
});

test.each(['error', 'text', 'nothing', 'statement', 'gateway'])(
  'what nobody foresaw (%s) is answered 500 and tells nothing',
  async (what) => {
    const [answer, body] = await answerTo(`/things/thrown/${what}`, 'GET', what);
    expect(answer.status).toBe(500);
    expect(body).toEqual({
      type: 'http://troth.test/problems/internal',
      title: 'Something went wrong on our side.',
      status: 500,
      code: 'internal',
      instance: what,
    });
    expect(await frame.lineOf(what, 'request_failed')).toMatchObject({ level: 'error' });
    expect(frame.logText).not.toMatch(/ada@example|u:p@/);
  },
);

test('every problem of status 401 says which credentials are wanted, and no other one does', async () => {
  for (const [code, kind] of Object.entries(PROBLEMS))
    expect([code, 'challenge' in kind]).toEqual([code, kind.status === 401]);
  const [answer] = await answerTo('/things/thrown/problem');
  expect(answer.headers.get('www-authenticate')).toBe('Basic realm="troth", charset="UTF-8"');
});

test('a database that cannot answer is an overload that passes', async () => {
  const [answer, body] = await answerTo('/things/thrown/database');
  expect([answer.status, answer.headers.get('retry-after'), body]).toEqual([
    503,
    '1',
    expect.objectContaining({ code: 'overloaded' }),
  ]);
});

test('a problem is not kept, even where the answer would be', async () => {
  const [answer] = await answerTo('/things/cached');
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([503, 'no-store']);
});

test('an error after the answer is logged, and the answer stays', async () => {
  const [answer, body] = await answerTo('/things/late', 'GET', 'late');
  expect([answer.status, body]).toEqual([200, { sent: true }]);
  expect(await frame.lineOf('late', 'request_failed')).toBeDefined();
});

test.each<readonly [string, string, number, string, string | null]>([
  ['GET', '/nothing', 404, 'not-found', null],
  ['POST', '/nothing', 404, 'not-found', null],
  ['GET', '/things/', 404, 'not-found', null],
  ['GET', '/THINGS', 404, 'not-found', null],
  ['GET', '/things', 405, 'method-not-allowed', 'POST'],
  ['OPTIONS', '/things', 405, 'method-not-allowed', 'POST'],
  ['DELETE', '/things?x=1', 405, 'method-not-allowed', 'POST'],
  ['POST', '/things/late', 405, 'method-not-allowed', 'GET, HEAD'],
  ['PROPFIND', '/things/late', 405, 'method-not-allowed', 'GET, HEAD'],
  ['GET', '/%zz', 400, 'malformed-request', null],
  ['GET', '/%ff', 400, 'malformed-request', null],
  ['GET', `/things/thrown/${'x'.repeat(101)}`, 400, 'malformed-request', null],
])('%s %s is answered %i %s', async (method, path, status, code, allow) => {
  const [answer, body] = await answerTo(path, method);
  expect([answer.status, answer.headers.get('allow'), answer.headers.get('x-request-id')]).toEqual([
    status,
    allow,
    'r-1',
  ]);
  expect(body).toMatchObject({ status, code, instance: 'r-1' });
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
});

test('a HEAD request has the status and no body', async () => {
  const [answer, body] = await answerTo('/things/thrown/problem', 'HEAD');
  expect([answer.status, body]).toEqual([401, undefined]);
});

describe('the type of a problem leads to a page', () => {
  test('for programs', async () => {
    const [answer, body] = await answerTo('/problems/rate-limited');
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(body).toMatchObject({ type: 'http://troth.test/problems/rate-limited', code: 'rate-limited', status: 429 });
  });

  test('for browsers', async () => {
    const answer = await frame.fetch('/problems/rate-limited', { headers: { accept: 'text/html,*/*;q=0.8' } });
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await answer.text()).toContain('<h1>rate-limited</h1>');
  });

  test.each(['unheard-of', 'constructor', '__proto__', 'toString'])('but not for %s', async (code) => {
    const [answer, body] = await answerTo(`/problems/${code}`);
    expect([answer.status, body]).toEqual([404, expect.objectContaining({ code: 'not-found' })]);
  });
});

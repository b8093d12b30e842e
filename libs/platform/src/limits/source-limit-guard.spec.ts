import { Controller, Delete, Get, HttpCode, Post } from '@nestjs/common';

import { AskedBy, type Asker } from '#platform/http/asker';
import { Basic, type Credentials } from '#platform/http/basic';
import { Public } from '#platform/http/public';
import { FrameApp } from '#testing/frame-app';

import { SourceLimit, Unlimited } from './source-limit.ts';

@Controller('limited')
class LimitedController {
  @Public()
  @Post()
  @HttpCode(202)
  @SourceLimit('registrations')
  register(): object {
    return {};
  }

  @Post('activation')
  @HttpCode(200)
  @SourceLimit('activation')
  activate(@Basic() { email }: Credentials): object {
    return { email };
  }

  @Public()
  @Delete()
  @HttpCode(204)
  @SourceLimit('withdrawal')
  withdraw(): undefined {
    return undefined;
  }

  @Public()
  @Get('source')
  source(@AskedBy() { source }: Asker): object {
    return { source };
  }

  @Public()
  @Get('probe')
  @Unlimited()
  probe(): object {
    return {};
  }
}

async function withFrame(
  settings: Readonly<Record<string, string>>,
  work: (frame: FrameApp) => Promise<void>,
): Promise<void> {
  const frame = await FrameApp.start([LimitedController], settings);
  try {
    await work(frame);
  } finally {
    await frame.close();
  }
}

const post = (frame: FrameApp, path = '/limited', headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  frame.fetch(path, { method: 'POST', headers });

test('the sixth registration in a minute is refused, and the answer says when to come back', async () => {
  await withFrame({}, async (frame) => {
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await post(frame)).status);
    expect(statuses).toEqual([202, 202, 202, 202, 202]);
    const refused = await post(frame);
    expect(await refused.json()).toMatchObject({ status: 429, code: 'rate-limited' });
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(72);
    expect(Object.fromEntries(refused.headers)).not.toHaveProperty('retry-after-registrations-per-minute');
    expect((await frame.fetch('/limited', { method: 'DELETE' })).status).toBe(204);
  });
});

test('every answer tells the limits of the route and what is left of them', async () => {
  await withFrame({}, async (frame) => {
    const { headers } = await post(frame);
    expect(headers.get('ratelimit-policy')).toBe(
      '"all-per-minute";q=300;w=60, "registrations-per-minute";q=5;w=60, "registrations-per-hour";q=20;w=3600',
    );
    expect(headers.get('ratelimit')).toBe(
      '"all-per-minute";r=299;t=60, "registrations-per-minute";r=4;t=60, "registrations-per-hour";r=19;t=3600',
    );
  });
});

test('another spelling of the path is not another counter', async () => {
  await withFrame({}, async (frame) => {
    for (let i = 0; i < 5; i++) await post(frame);
    const variants = [
      '/limited',
      '/limited?x=1',
      '/%6cimited',
      '/limited/',
      '//limited',
      '/LIMITED',
      '/limited;x',
      '/limited%2f',
      '/./limited',
    ];
    const answers = await Promise.all(variants.map((path) => post(frame, path)));
    for (const [index, { status }] of answers.entries())
      expect([variants[index], [404, 429].includes(status)]).toEqual([variants[index], true]);
  });
});

test('malformed credentials count, and the limit comes before the question who it is', async () => {
  await withFrame({}, async (frame) => {
    const statuses = [];
    for (let i = 0; i < 11; i++) statuses.push((await post(frame, '/limited/activation')).status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
  });
});

test('all routes together have a limit of their own, and probes have none', async () => {
  await withFrame({ RATE_LIMIT_SCALE: '0.01' }, async (frame) => {
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await frame.fetch('/limited/source')).status);
    statuses.push(
      (await frame.fetch('/limited/source')).status,
      (await frame.fetch('/limited', { method: 'DELETE' })).status,
    );
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const probe = await frame.fetch('/limited/probe');
    expect([probe.status, probe.headers.get('ratelimit')]).toEqual([200, null]);
  });
});

test.each([
  '/nothing',
  '/limited/probe/../nothing',
  '/openapi.json',
  '/docs',
  '/docs/swagger-ui.css',
  '/problems/internal',
])('%s counts among all requests, whatever answers it', async (path) => {
  await withFrame({ RATE_LIMIT_SCALE: '0.01' }, async (frame) => {
    const answers: Response[] = [];
    for (let i = 0; i < 4; i++) answers.push(await frame.fetch(path));
    expect(answers.map(({ status }) => status === 429)).toEqual([false, false, false, true]);
    expect(answers[3]?.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(answers[3]?.headers.get('ratelimit-policy')).toBe('"all-per-minute";q=3;w=60');
    expect(answers[3]?.headers.get('content-type')).toBe('application/problem+json');
    expect(await answers[3]?.json()).toMatchObject({ code: 'rate-limited', status: 429 });
    expect((await frame.fetch('/limited/source')).status).toBe(429);
    expect((await frame.fetch('/limited/probe')).status).toBe(200);
  });
});

test('the scale multiplies every limit and leaves at least one request', async () => {
  await withFrame({ RATE_LIMIT_SCALE: '2.5' }, async (frame) => {
    expect((await post(frame)).headers.get('ratelimit-policy')).toBe(
      '"all-per-minute";q=750;w=60, "registrations-per-minute";q=12;w=60, "registrations-per-hour";q=50;w=3600',
    );
  });
  await withFrame({ RATE_LIMIT_SCALE: '0.0001' }, async (frame) => {
    expect([(await post(frame)).status, (await post(frame)).status]).toEqual([202, 429]);
  });
});

test('a forged X-Forwarded-For gives nobody a new counter', async () => {
  await withFrame({}, async (frame) => {
    const statuses = [];
    for (let i = 0; i < 6; i++)
      statuses.push((await post(frame, '/limited', { 'x-forwarded-for': `198.51.100.${i}` })).status);
    expect(statuses.at(-1)).toBe(429);
  });
});

test('behind a trusted proxy each client has its own counter, however many headers it adds', async () => {
  await withFrame({ TRUSTED_PROXIES: '127.0.0.1' }, async (frame) => {
    const sourceWith = async (lines: readonly string[]): Promise<unknown> => {
      const text = await frame.send(
        ['GET /limited/source HTTP/1.1', 'Host: x', ...lines, 'Connection: close', '', ''].join('\r\n'),
      );
      return JSON.parse(text.split('\r\n\r\n')[1] ?? '');
    };
    expect(await sourceWith(['X-Forwarded-For: 198.51.100.1'])).toEqual({ source: '198.51.100.1' });
    expect(await sourceWith(['X-Forwarded-For: 192.0.2.9', 'X-Forwarded-For: 198.51.100.2'])).toEqual({
      source: '198.51.100.2',
    });
    expect(await sourceWith(['Forwarded: for=192.0.2.9', 'X-Real-IP: 192.0.2.9'])).toEqual({ source: '127.0.0.1' });
    for (let i = 0; i < 6; i++) await post(frame, '/limited', { 'x-forwarded-for': `192.0.2.${i}, 198.51.100.3` });
    expect((await post(frame, '/limited', { 'x-forwarded-for': '198.51.100.3' })).status).toBe(429);
    expect((await post(frame, '/limited', { 'x-forwarded-for': '198.51.100.4' })).status).toBe(202);
  });
});

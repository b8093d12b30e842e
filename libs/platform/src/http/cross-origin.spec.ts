import { Controller, Get, HttpCode, Post } from '@nestjs/common';

import { FrameApp } from '#testing/frame-app';

import { Public } from './public.ts';

@Public()
@Controller('shared')
class SharedController {
  @Get()
  read(): object {
    return {};
  }

  @Post()
  @HttpCode(202)
  write(): object {
    return {};
  }
}

const FRIEND = 'https://app.example.com';

async function corsOf(
  frame: FrameApp,
  init: RequestInit,
  path = '/shared',
): Promise<Readonly<Record<string, unknown>>> {
  const { status, headers } = await frame.fetch(path, init);
  const cors = [...headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary');
  return { status, ...Object.fromEntries(cors) };
}

describe('with listed origins', () => {
  let frame: FrameApp;
  beforeAll(async () => {
    frame = await FrameApp.start([SharedController], { WEB_ORIGINS: `${FRIEND},http://localhost:5173` });
  });
  afterAll(() => frame.close());

  const EXPOSED = 'etag, retry-after, ratelimit, ratelimit-policy, x-request-id';

  test('their pages may read answers, problems too, and may send cookies', async () => {
    const shared = {
      'access-control-allow-origin': FRIEND,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': EXPOSED,
      vary: 'origin',
    };
    expect(await corsOf(frame, { headers: { origin: FRIEND } })).toEqual({ status: 200, ...shared });
    expect(await corsOf(frame, { headers: { origin: FRIEND } }, '/nothing')).toEqual({ status: 404, ...shared });
  });

  test('an answer that depends on more than the origin says both', async () => {
    const { vary } = await corsOf(frame, {}, '/problems/internal');
    expect(vary).toBe('origin, accept');
  });

  test('a preflight request is answered with the methods of the path', async () => {
    const headers = {
      origin: FRIEND,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    };
    expect(await corsOf(frame, { method: 'OPTIONS', headers })).toEqual({
      status: 204,
      vary: 'origin',
      'access-control-allow-origin': FRIEND,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, HEAD, POST',
      'access-control-allow-headers':
        'authorization, content-type, idempotency-key, if-match, if-none-match, troth-transport, x-request-id',
      'access-control-expose-headers': EXPOSED,
      'access-control-max-age': '600',
    });
    const { headers: answered } = await frame.fetch('/shared', { method: 'OPTIONS', headers });
    expect([answered.get('x-request-id'), answered.get('x-content-type-options')]).toEqual([
      expect.any(String),
      'nosniff',
    ]);
  });

  test.each([
    'https://app.example.com.evil.example',
    'https://evil.example',
    'null',
    'HTTPS://APP.EXAMPLE.COM',
    'http://app.example.com',
  ])('the origin %s gets nothing', async (origin) => {
    const headers = { origin, 'access-control-request-method': 'POST' };
    expect(await corsOf(frame, { headers })).toEqual({ status: 200, vary: 'origin' });
    expect(await corsOf(frame, { method: 'OPTIONS', headers })).toEqual({ status: 405, vary: 'origin' });
  });

  test('a preflight request for a path that does not exist is no preflight', async () => {
    const headers = { origin: FRIEND, 'access-control-request-method': 'POST' };
    expect(await corsOf(frame, { method: 'OPTIONS', headers }, '/nothing')).toMatchObject({ status: 404 });
  });
});

test('without listed origins nothing is shared', async () => {
  const frame = await FrameApp.start([SharedController]);
  expect(await corsOf(frame, { headers: { origin: FRIEND } })).toEqual({ status: 200 });
  await frame.close();
});

import { FrameApp } from '#testing/frame-app';

import { HealthController } from './health.controller.ts';
import { Readiness } from './readiness.ts';

const TOKEN = 'metrics-token-of-the-test-0123456789';

async function withFrame(
  settings: Readonly<Record<string, string>>,
  work: (frame: FrameApp) => Promise<void>,
): Promise<void> {
  const frame = await FrameApp.start([HealthController], settings, [Readiness]);
  try {
    await work(frame);
  } finally {
    await frame.close();
  }
}

test('the process lives while the database is gone, but is not ready', async () => {
  await withFrame({}, async (frame) => {
    const live = await frame.fetch('/health/live');
    expect([live.status, await live.json()]).toEqual([200, { status: 'ok' }]);
    const ready = await frame.fetch('/health/ready');
    expect(await ready.json()).toMatchObject({ status: 503, code: 'overloaded' });
    expect(ready.headers.get('retry-after')).toBe('1');
  });
});

test('probes have no limit', async () => {
  await withFrame({ RATE_LIMIT_SCALE: '0.001' }, async (frame) => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => frame.fetch('/health/live')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });
});

describe('metrics on the port of the API', () => {
  test('are there for the bearer of the token', async () => {
    await withFrame({ METRICS_TOKEN: TOKEN }, async (frame) => {
      const answer = await frame.fetch('/metrics', { headers: { authorization: `Bearer ${TOKEN}` } });
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain('process_cpu_seconds_total');
    });
  });

  test.each([
    undefined,
    'Bearer',
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    `Basic ${TOKEN}`,
    TOKEN,
    `Bearer ${TOKEN} x`,
  ])('are not there for %s', async (authorization) => {
    await withFrame({ METRICS_TOKEN: TOKEN }, async (frame) => {
      const answer = await frame.fetch('/metrics', authorization === undefined ? {} : { headers: { authorization } });
      expect(await answer.json()).toMatchObject({ status: 404, code: 'not-found' });
    });
  });

  test('are not there at all without a token', async () => {
    await withFrame({}, async (frame) => {
      for (const token of [TOKEN, '', 'undefined']) {
        expect((await frame.fetch('/metrics', { headers: { authorization: `Bearer ${token}` } })).status).toBe(404);
      }
    });
  });
});

import { readConfig } from '#platform/config/config';

import { MetricsServer } from './metrics-server.ts';
import { Metrics } from './metrics.ts';

const configWith = (settings: Readonly<Record<string, string>>) =>
  readConfig({ DATABASE_URL: 'postgres://nobody@127.0.0.1/nothing', TROTH_SECRET: 'secret', ...settings });

test('counters, gauges and histograms are exposed under their names', async () => {
  const metrics = new Metrics();
  metrics.counter('things_total', 'Things.', ['kind']).inc({ kind: 'red' });
  metrics.gauge('things_waiting', 'Waiting things.', () => 3);
  metrics.histogram('thing_seconds', 'Time of a thing.', [], [0.1, 1]).observe(0.5);
  const text = await metrics.registry.metrics();
  expect(text).toContain('things_total{kind="red"} 1');
  expect(text).toContain('things_waiting 3');
  expect(text).toContain('thing_seconds_bucket{le="1"} 1');
  expect(() => metrics.counter('things_total', 'Again.')).toThrow(/already been registered/);
});

test('METRICS_PORT serves them at 127.0.0.1 and nothing else', async () => {
  const metrics = new Metrics();
  metrics.counter('things_total', 'Things.').inc();
  const server = new MetricsServer(configWith({ METRICS_PORT: '0' }), metrics);
  await server.onApplicationBootstrap();
  const url = `http://127.0.0.1:${server.port}`;
  const answer = await fetch(`${url}/metrics`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ]);
  expect(await answer.text()).toContain('things_total 1');
  for (const [path, method] of [
    ['/', 'GET'],
    ['/metrics/', 'GET'],
    ['/metrics', 'POST'],
  ]) {
    expect((await fetch(`${url}${path}`, { method: method ?? 'GET' })).status).toBe(404);
  }
  await server.onApplicationShutdown();
  await expect(fetch(`${url}/metrics`)).rejects.toThrow();
});

test('without METRICS_PORT nothing listens', async () => {
  const server = new MetricsServer(configWith({}), new Metrics());
  await server.onApplicationBootstrap();
  expect(server.port).toBeUndefined();
  await server.onApplicationShutdown();
});

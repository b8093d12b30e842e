import { BreachService, sha1 } from '#testing/breach-service';
import { times } from '#testing/turns';

import { readConfig } from '../config/config.ts';
import { Metrics } from '../metrics/metrics.ts';
import { BreachedPasswords } from './breached-passwords.ts';

const BREACHED = 'breached password';

let service: BreachService;
let metrics: Metrics;
beforeEach(async () => {
  service = await BreachService.knowing({ [BREACHED]: 12, 'only padding': 0 });
  metrics = new Metrics();
});
afterEach(() => service.stop());

const checkOf = (url: string): BreachedPasswords =>
  new BreachedPasswords(
    readConfig({ DATABASE_URL: 'postgres://u@h/d', TROTH_SECRET: 'of this test', BREACHED_PASSWORDS_URL: url }),
    metrics,
  );

async function outcomes(): Promise<Record<string, number>> {
  const { values = [] } = (await metrics.registry.getSingleMetric('troth_breach_checks_total')?.get()) ?? {};
  return Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]));
}

test('a password that was breached is known, others are not, and a line that only pads is none', async () => {
  const check = checkOf(service.url);
  const passwords = [BREACHED, 'breached passworD', 'only padding'];
  const known: boolean[] = [];
  for (const password of passwords) known.push(await check.has(password));
  expect(known).toEqual([true, false, false]);
  expect(await outcomes()).toEqual({ breached: 1, unknown: 2 });
});

test('five digits of the hash leave the process, and padding is asked for', async () => {
  await checkOf(`${service.url}/`).has(BREACHED);
  expect(service.asked).toEqual([`GET /range/${sha1(BREACHED).slice(0, 5)} true`]);
});

test('a password is judged in the form that is hashed', async () => {
  expect(await checkOf(service.url).has('breached\u00a0password')).toBe(true);
});

test('without a service nobody is asked, and nothing counted', async () => {
  expect(await checkOf('').has(BREACHED)).toBe(false);
  expect([service.asked, await outcomes()]).toEqual([[], {}]);
});

describe('a password passes, and it is counted, when the service', () => {
  test.each<[string, NonNullable<BreachService['answering']>]>([
    ['never answers', () => undefined],
    ['stops in the middle', (_, response) => void response.writeHead(200).write('0'.repeat(35))],
    ['breaks the connection', ({ socket }) => socket.destroy()],
    ['answers with an error', (_, response) => response.writeHead(503).end(`${sha1(BREACHED).slice(5)}:12`)],
    ['sends us elsewhere', (_, response) => response.writeHead(302, { location: service.url }).end()],
    ['answers without end', (_, response) => endless(response)],
  ])('%s', async (_, answering) => {
    service.answering = answering;
    expect(await checkOf(service.url).has(BREACHED)).toBe(false);
    expect([service.asked.length, await outcomes()]).toEqual([1, { unavailable: 1 }]);
  });

  test('is not there', async () => {
    const { url } = service;
    await service.stop();
    expect(await checkOf(url).has(BREACHED)).toBe(false);
    service = await BreachService.knowing({});
  });

  test('has fifty questions to answer already', async () => {
    const held: (() => void)[] = [];
    service.answering = (_, response) => held.push(() => response.end(`${sha1(BREACHED).slice(5)}:12`));
    const check = checkOf(service.url);
    const first = times(50, () => check.has(BREACHED));
    expect(await check.has(BREACHED)).toBe(false);
    while (held.length < 50) await new Promise(setImmediate);
    for (const answer of held) answer();
    expect(new Set(await first)).toEqual(new Set([true]));
    expect(await outcomes()).toEqual({ breached: 50, unavailable: 1 });
  });
});

function endless(response: Parameters<NonNullable<BreachService['answering']>>[1]): void {
  const more = (): void => {
    while (!response.destroyed && response.write('0'.repeat(60_000)));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}

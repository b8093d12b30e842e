import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { cpuTimeOf } from '#testing/cpu-time';

import { BoundedCounters, MOST_COUNTERS } from './bounded-counters.ts';

const MINUTE = 60_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapMebibytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 1_048_576;
}

class Clock {
  time = 1_000;
  readonly now = (): number => this.time;
}

function countersAt(clock: Clock, room = 1_000): BoundedCounters {
  return new BoundedCounters(room, clock.now);
}

async function passed(counters: BoundedCounters, key: string, times: number, limit = 5): Promise<number> {
  let count = 0;
  for (let i = 0; i < times; i++) if (!(await counters.increment(key, MINUTE, limit)).isBlocked) count += 1;
  return count;
}

test('as many pass as the limit says, each key for itself', async () => {
  const counters = countersAt(new Clock());
  expect([await passed(counters, 'a', 9), await passed(counters, 'b', 9)]).toEqual([5, 5]);
});

test('an odd moment does not add a second', async () => {
  const clock = new Clock();
  clock.time = 4_321.000_000_7;
  const verdict = await countersAt(clock).increment('a', MINUTE, 5);
  expect(verdict.timeToExpire).toBe(60);
  clock.time = 1_311.100_000_000_000_1;
  expect((await countersAt(clock).increment('a', MINUTE, 5)).timeToExpire).toBe(60);
});

test('what is left and when more is allowed', async () => {
  const clock = new Clock();
  const counters = countersAt(clock);
  expect(await counters.increment('a', MINUTE, 2)).toEqual({
    totalHits: 1,
    timeToExpire: 60,
    isBlocked: false,
    timeToBlockExpire: 0,
  });
  clock.time += 20_000;
  expect(await counters.increment('a', MINUTE, 2)).toEqual({
    totalHits: 2,
    timeToExpire: 40,
    isBlocked: false,
    timeToBlockExpire: 0,
  });
  const { isBlocked, timeToBlockExpire } = await counters.increment('a', MINUTE, 2);
  expect([isBlocked, timeToBlockExpire]).toEqual([true, 70]);
  clock.time += 69_900;
  expect((await counters.increment('a', MINUTE, 2)).timeToBlockExpire).toBe(1);
  clock.time += 100;
  expect((await counters.increment('a', MINUTE, 2)).isBlocked).toBe(false);
});

test('whoever waits as long as told gets through, whatever the limit and the moment', async () => {
  const clock = new Clock();
  const counters = countersAt(clock);
  for (let round = 0; round < 500; round++) {
    const limit = 1 + (round % 7);
    const key = `limit ${limit}`;
    const verdict = await counters.increment(key, MINUTE, limit);
    clock.time += verdict.isBlocked ? verdict.timeToBlockExpire * 1_000 : (round * 7_919) % 9_000;
    if (verdict.isBlocked)
      expect([round, (await counters.increment(key, MINUTE, limit)).isBlocked]).toEqual([round, false]);
  }
});

test('a burst on each side of a window does not get the limit twice', async () => {
  const clock = new Clock();
  const counters = countersAt(clock);
  await passed(counters, 'a', 1);
  clock.time += MINUTE - 100;
  expect(await passed(counters, 'a', 9)).toBe(4);
  clock.time += 200;
  expect(await passed(counters, 'a', 9)).toBe(0);
});

test('who keeps asking while refused does not wait any longer', async () => {
  const clock = new Clock();
  const counters = countersAt(clock);
  await passed(counters, 'a', 500);
  clock.time += 2 * MINUTE;
  expect(await passed(counters, 'a', 9)).toBe(5);
});

test('after a long rest the limit is the same as ever', async () => {
  const clock = new Clock();
  const counters = countersAt(clock);
  await passed(counters, 'a', 5);
  clock.time += 10.5 * MINUTE;
  expect(await passed(counters, 'a', 20)).toBe(5);
});

test('a key has one counter, however much it is used', async () => {
  const clock = new Clock();
  const counters = countersAt(clock);
  for (let i = 0; i < 30; i++) {
    await passed(counters, 'a', i % 6);
    expect(counters.size).toBeLessThanOrEqual(1);
    clock.time += MINUTE / 2;
  }
});

test('a million sources fit in bounded memory, and the counting stays fast', async () => {
  const counters = new BoundedCounters();
  const before = heapMebibytes();
  let most = 0;
  const spent = await cpuTimeOf(async () => {
    for (let i = 0; i < 1_000_000; i++) {
      await counters.increment(`all-per-minute 2001:db8:${i.toString(16)}::/64`, 60_000, 300);
      most = Math.max(most, counters.size);
    }
  });
  expect(most).toBe(MOST_COUNTERS / 2);
  const grown = heapMebibytes() - before;
  expect(counters.size).toBeGreaterThan(MOST_COUNTERS / 4 - 1); // it is still there
  expect(grown).toBeLessThan(20);
  // A step that looks at all counters takes minutes here.
  expect(spent).toBeLessThan(40_000);
}, 60_000);

test('the bound holds for sources at their limit too', async () => {
  const counters = countersAt(new Clock(), 1_000);
  let most = 0;
  for (let i = 0; i < 20_000; i++) {
    await passed(counters, `source ${i}`, 1 + (i % 5));
    most = Math.max(most, counters.size);
  }
  expect(most).toBeGreaterThan(900);
  expect(most).toBeLessThanOrEqual(1_000);
});

test('a source at its limit is not forgotten for a flood of others', async () => {
  const counters = countersAt(new Clock(), 100);
  await passed(counters, 'attacker', 5);
  for (let i = 0; i < 10_000; i++) await counters.increment(`other ${i}`, MINUTE, 5);
  expect(await passed(counters, 'attacker', 1)).toBe(0);
});

test('the counter in use stays, the ones long unused go', async () => {
  const counters = countersAt(new Clock(), 100);
  for (let i = 0; i < 200; i++) {
    await counters.increment('used', MINUTE, 1_000);
    await counters.increment(`other ${i}`, MINUTE, 1_000);
  }
  const hits = async (key: string): Promise<number> => (await counters.increment(key, MINUTE, 1_000)).totalHits;
  expect([await hits('used'), await hits('other 199'), await hits('other 0')]).toEqual([201, 2, 1]);
});

test('a store full of sources at their limit still takes new ones', async () => {
  const counters = countersAt(new Clock(), 10);
  for (let i = 0; i < 20; i++) await passed(counters, `source ${i}`, 5);
  expect(await passed(counters, 'new', 9)).toBe(5);
});

test('what has expired goes by itself', async () => {
  const clock = new Clock();
  const counters = countersAt(clock);
  for (let i = 0; i < 200; i++) await passed(counters, `old ${i}`, i % 2 === 0 ? 1 : 5);
  for (let i = 0; i < 2; i++) {
    clock.time += 2 * MINUTE;
    await counters.increment('new', MINUTE, 5);
  }
  expect(counters.size).toBe(1);
});

test('a look tells what the next request would be told, and counts nothing', async () => {
  const counters = countersAt(new Clock());
  expect(counters.look('source', MINUTE, 2)).toMatchObject({ totalHits: 0, isBlocked: false });
  expect(counters.size).toBe(0);
  await passed(counters, 'source', 2);
  const look = counters.look('source', MINUTE, 2);
  expect([look, counters.look('source', MINUTE, 2)]).toEqual([look, look]);
  expect(look).toEqual(await counters.increment('source', MINUTE, 2));
  expect(look.isBlocked).toBe(true);
});

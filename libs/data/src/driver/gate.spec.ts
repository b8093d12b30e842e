import { setTimeout as pause } from 'node:timers/promises';

import { DatabaseUnavailable } from './failures.ts';
import { Gate } from './gate.ts';

const reasonOf = (error: unknown): string => (error instanceof DatabaseUnavailable ? error.reason : String(error));

/** Work that begins when it is let in and ends when the test says so. */
function visitor(gate: Gate) {
  let end = (): void => undefined;
  const seen = { isInside: false };
  const work = new Promise<void>((ended) => (end = ended));
  const left = gate
    .run(async () => {
      seen.isInside = true;
      await work;
    })
    .then(() => 'left', reasonOf);
  return { seen, left, end };
}

const settle = (): Promise<void> => pause(0);

test('so many pass at once, the others in order of arrival', async () => {
  const gate = new Gate({ slots: 2, queue: 10, waitMs: 1_000 });
  const visitors = Array.from({ length: 5 }, () => visitor(gate));
  const inside = async (): Promise<string> => {
    await settle();
    return visitors.map(({ seen }) => (seen.isInside ? 'i' : '-')).join('');
  };
  expect(await inside()).toBe('ii---');
  visitors[1]?.end();
  expect(await inside()).toBe('iii--');
  visitors[0]?.end();
  visitors[2]?.end();
  expect(await inside()).toBe('iiiii');
  visitors.forEach(({ end }) => end());
  expect(await Promise.all(visitors.map(({ left }) => left))).toEqual(Array(5).fill('left'));
});

test('whoever leaves gives the place to the first who waits, not to who comes in that moment', async () => {
  const gate = new Gate({ slots: 1, queue: 10, waitMs: 1_000 });
  const [first, second] = [visitor(gate), visitor(gate)];
  first.end();
  await first.left;
  const third = visitor(gate);
  await settle();
  expect([second.seen.isInside, third.seen.isInside]).toEqual([true, false]);
  second.end();
  third.end();
  expect(await third.left).toBe('left');
});

test('work that fails gives its place back, and its error is told', async () => {
  const gate = new Gate({ slots: 1, queue: 0, waitMs: 1_000 });
  for (let i = 0; i < 3; i += 1) await expect(gate.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(gate.run(() => Promise.resolve('yes'))).resolves.toBe('yes');
});

test('a full queue refuses at once', async () => {
  const gate = new Gate({ slots: 1, queue: 1, waitMs: 1_000 });
  const [inside, waiting, refused] = [visitor(gate), visitor(gate), visitor(gate)];
  expect(await refused.left).toBe('queue_full');
  inside.end();
  waiting.end();
  expect(await Promise.all([inside.left, waiting.left])).toEqual(['left', 'left']);
});

test('who has waited too long is refused, and takes no place afterwards', async () => {
  const gate = new Gate({ slots: 1, queue: 1, waitMs: 20 });
  const inside = visitor(gate);
  const late = visitor(gate);
  expect(await late.left).toBe('waited_too_long');
  const next = visitor(gate);
  inside.end();
  await settle();
  expect([late.seen.isInside, next.seen.isInside]).toEqual([false, true]);
  next.end();
  expect(await next.left).toBe('left');
});

test('closing refuses newcomers and waits for who is inside or waits', async () => {
  const gate = new Gate({ slots: 1, queue: 5, waitMs: 1_000 });
  const [inside, waiting] = [visitor(gate), visitor(gate)];
  let isClosed = false;
  const closed = gate.close().then(() => (isClosed = true));
  expect(await visitor(gate).left).toBe('closed');
  inside.end();
  await settle();
  expect([waiting.seen.isInside, isClosed]).toEqual([true, false]);
  waiting.end();
  expect(await closed).toBe(true);
  await gate.close();
});

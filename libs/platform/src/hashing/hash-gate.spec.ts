import { availableParallelism } from 'node:os';
import { Metrics } from '#platform/metrics/metrics';
import { Problem } from '#platform/problems/problem';
import { FIRST_GUESS_MS, HashGate } from './hash-gate.ts';

/** Work that ends when the test says so, and remembers in which order it began. */
class Bench {
  readonly metrics = new Metrics();
  readonly begun: number[] = [];
  readonly #ends = new Map<number, () => void>();
  readonly gate: HashGate;

  constructor(slots: number) {
    this.gate = new HashGate(this.metrics, slots);
  }

  start(id: number, failure?: Error): Promise<number> {
    return this.gate.run(async () => {
      this.begun.push(id);
      await new Promise<void>((end) => this.#ends.set(id, end));
      if (failure) throw failure;
      return id;
    });
  }

  async end(id: number): Promise<void> {
    this.#ends.get(id)?.();
    await settled();
  }

  async gauge(name: string): Promise<number | undefined> {
    const metric = await this.metrics.registry.getSingleMetric(name)?.get();
    return metric?.values[0]?.value;
  }
}

// Every continuation of the gate is a microtask: they have all run when the event loop turns.
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const fillQueue = (bench: Bench): Promise<unknown>[] => {
  const running = [bench.start(0)];
  for (let id = 1; id <= bench.gate.queueLimit; id += 1) running.push(bench.start(id));
  return running;
};

test('no more work than slots is in flight, and the rest begins in order of arrival', async () => {
  const bench = new Bench(2);
  const results = Promise.all([1, 2, 3, 4, 5].map((id) => bench.start(id)));
  await settled();
  expect(bench.begun).toEqual([1, 2]);
  expect(await bench.gauge('troth_hash_in_flight')).toBe(2);
  expect(await bench.gauge('troth_hash_queue_length')).toBe(3);
  await bench.end(2);
  expect(bench.begun).toEqual([1, 2, 3]);
  await bench.end(1);
  await bench.end(3);
  expect(bench.begun).toEqual([1, 2, 3, 4, 5]);
  await bench.end(4);
  await bench.end(5);
  expect(await results).toEqual([1, 2, 3, 4, 5]);
  expect(await bench.gauge('troth_hash_in_flight')).toBe(0);
});

test('who arrives while a slot changes hands does not overtake the queue', async () => {
  const bench = new Bench(1);
  const results = [bench.start(1), bench.start(2)];
  await settled();
  const ended = bench.end(1);
  results.push(bench.start(3));
  await ended;
  await bench.end(2);
  await bench.end(3);
  await Promise.all(results);
  expect(bench.begun).toEqual([1, 2, 3]);
});

test('beyond a second of queued work it sheds at once, with 503 and Retry-After', async () => {
  const bench = new Bench(1);
  const waiting = fillQueue(bench);
  const shed: unknown = await bench.start(-1).catch((error: unknown) => error);
  expect(shed).toBeInstanceOf(Problem);
  expect(shed).toMatchObject({ code: 'overloaded', options: { headers: { 'retry-after': '1' } } });
  expect(await bench.gauge('troth_hash_shed_total')).toBe(1);
  expect(bench.begun).toEqual([0]);
  for (let id = 0; id < waiting.length; id += 1) await bench.end(id);
  await Promise.all(waiting);
});

test('a place that gets free in the queue is given again, once', async () => {
  const clock = jest.spyOn(performance, 'now').mockReturnValue(0);
  const bench = new Bench(1);
  const waiting = fillQueue(bench);
  await settled();
  clock.mockReturnValue(FIRST_GUESS_MS); // the first hash takes what was guessed: the limit stays
  await bench.end(0);
  waiting.push(bench.start(waiting.length));
  await expect(bench.start(-1)).rejects.toMatchObject({ code: 'overloaded' });
  clock.mockRestore();
  for (let id = 1; id < waiting.length; id += 1) await bench.end(id);
  await expect(Promise.all(waiting)).resolves.toHaveLength(waiting.length);
});

test.each([
  ['a rejection', () => Promise.reject(new Error('no memory'))],
  [
    'an exception',
    (): Promise<never> => {
      throw new Error('no memory');
    },
  ],
])('%s reaches the caller and frees the slot', async (_, work) => {
  const gate = new HashGate(new Metrics(), 1);
  const failures = [gate.run(work), gate.run(work)];
  expect((await Promise.allSettled(failures)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(gate.run(() => Promise.resolve('next'))).resolves.toBe('next');
});

test('the queue follows the measured pace, between a floor and a ceiling', async () => {
  const gate = new HashGate(new Metrics(), 2);
  const clock = jest.spyOn(performance, 'now');
  const hashesOf = async (milliseconds: number): Promise<void> => {
    for (let i = 0; i < 100; i += 1) {
      let calls = 0;
      clock.mockImplementation(() => (calls++ < 2 ? 0 : milliseconds));
      await gate.run(() => Promise.resolve());
    }
  };
  try {
    await hashesOf(20);
    expect(gate.queueLimit).toBeGreaterThanOrEqual(99);
    expect(gate.queueLimit).toBeLessThanOrEqual(101);
    await hashesOf(0);
    expect(gate.queueLimit).toBe(400);
    await hashesOf(60_000);
    expect(gate.queueLimit).toBe(8);
  } finally {
    clock.mockRestore();
  }
});

test('a failed hash does not count as a fast one', async () => {
  const gate = new HashGate(new Metrics(), 1);
  const before = gate.queueLimit;
  await gate.run(() => Promise.reject(new Error('at once'))).catch(() => undefined);
  expect(gate.queueLimit).toBe(before);
});

test('waiting and hashing are measured apart', async () => {
  const bench = new Bench(availableParallelism());
  const result = bench.start(1);
  await settled();
  await bench.end(1);
  await result;
  const text = await bench.metrics.registry.metrics();
  expect(text).toMatch(/^troth_hash_wait_seconds_count 1$/m);
  expect(text).toMatch(/^troth_hash_seconds_count 1$/m);
});

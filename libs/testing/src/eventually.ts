import { setTimeout as pause } from 'node:timers/promises';

/** Looks again and again until there is something to see; rejects after `seconds`. */
export async function eventually<Value>(look: () => Promise<Value | undefined>, seconds = 10): Promise<Value> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > deadline) throw new Error(`nothing was seen within ${seconds} s`);
    await pause(10);
  }
}

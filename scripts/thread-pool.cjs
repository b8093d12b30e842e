// Preloaded by `node --require`, before anything has used libuv's threads.
//
// libuv reads UV_THREADPOOL_SIZE once, when the first file is read, and Node reads the first ES module that way. Password
// hashes take as many threads as there are CPUs (libs/platform/src/hashing); with two more than that, files, DNS and
// zlib never wait behind a flood of them. libuv's own default is 4.
const fs = require('node:fs');
const { availableParallelism, setPriority } = require('node:os');

const slots = availableParallelism();
process.env.UV_THREADPOOL_SIZE ??= String(slots <= 2 ? 4 : slots + 2);

// Where a thread has a priority of its own (Linux), those of the pool are nicer than the one that answers requests: a
// hash lasts many milliseconds and can wait for one. libuv starts all of them at their first use, which this is.
const NICER = Number(process.env.HASH_NICENESS ?? 10);
const THREADS = '/proc/self/task';
if (process.platform === 'linux' && NICER > 0) {
  const before = new Set(fs.readdirSync(THREADS));
  fs.access(THREADS, () => undefined);
  for (const thread of fs.readdirSync(THREADS)) {
    if (before.has(thread)) continue;
    try {
      setPriority(Number(thread), NICER);
    } catch {
      // A sandbox may forbid it; all threads are equal then.
    }
  }
}

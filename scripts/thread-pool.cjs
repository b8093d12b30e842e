// Preloaded by `node --require`: libuv reads UV_THREADPOOL_SIZE once, when the first file is read, and Node reads the
// first ES module that way. Password hashes take as many threads as there are CPUs (libs/platform/src/hashing); with
// two more than that, files, DNS and zlib never wait behind a flood of them. libuv's own default is 4.
const { access, readdirSync } = require('node:fs');
const { availableParallelism, setPriority } = require('node:os');

/** Between 0 and 19, the least: a hash that takes a moment longer hurts nobody, an event loop that waits for a CPU all. */
const NICENESS = 5;

const slots = availableParallelism();
process.env.UV_THREADPOOL_SIZE ??= String(slots <= 2 ? 4 : slots + 2);
if (process.platform === 'linux') lowerPool();

/** On Linux each thread has a priority of its own. The first work makes all threads of the pool: they are those that are new. */
function lowerPool() {
  const threads = () => readdirSync('/proc/self/task').map(Number);
  const others = new Set(threads());
  access('/', () => {
    for (const thread of threads()) if (!others.has(thread)) setPriority(thread, NICENESS);
  });
}

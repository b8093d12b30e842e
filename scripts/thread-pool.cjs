// Preloaded by `node --require`: libuv reads UV_THREADPOOL_SIZE once, when the first file is read, and Node reads the
// first ES module that way. Password hashes take as many threads as there are CPUs (libs/platform/src/hashing); with
// two more than that, files, DNS and zlib never wait behind a flood of them. libuv's own default is 4.
const { availableParallelism } = require('node:os');

const slots = availableParallelism();
process.env.UV_THREADPOOL_SIZE ??= String(slots <= 2 ? 4 : slots + 2);

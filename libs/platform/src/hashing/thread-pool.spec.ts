import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

const PRINT = ['--require', './scripts/thread-pool.cjs', '--print', 'process.env.UV_THREADPOOL_SIZE'];

function poolSize(given?: string): number {
  const env = given === undefined ? {} : { UV_THREADPOOL_SIZE: given };
  return Number(execFileSync(process.execPath, PRINT, { env, encoding: 'utf8' }));
}

test('a flood of hashes leaves two threads of the pool to files and DNS', () => {
  expect(poolSize()).toBeGreaterThanOrEqual(availableParallelism() + 2);
  expect(poolSize()).toBeLessThanOrEqual(Math.max(4, availableParallelism() + 2));
});

test('a size given by the operator stands', () => {
  expect(poolSize('7')).toBe(7);
});

test('on Linux the threads of the pool, and no others, give way to the event loop', () => {
  // The pool is made, and its threads are lowered, by the time that another file was read.
  const print = `
    const { access, readdirSync, readFileSync } = require('node:fs');
    const nicenessOf = (thread) => Number(readFileSync('/proc/self/task/' + thread + '/stat', 'utf8').replace(/^.*\\) /, '').split(' ')[16]);
    access('/', () => setImmediate(() => {
      const threads = readdirSync('/proc/self/task').map(Number);
      const lowered = threads.filter((thread) => nicenessOf(thread) === nicenessOf(process.pid) + 5);
      process.stdout.write(JSON.stringify({ lowered: lowered.length, ofMain: lowered.includes(process.pid) }));
    }));`;
  const script = ['--require', './scripts/thread-pool.cjs', '--eval', print];
  const env = { UV_THREADPOOL_SIZE: '6' };
  const told: unknown = JSON.parse(execFileSync(process.execPath, script, { env, encoding: 'utf8' }));
  expect(told).toEqual(process.platform === 'linux' ? { lowered: 6, ofMain: false } : expect.anything());
});

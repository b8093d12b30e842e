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

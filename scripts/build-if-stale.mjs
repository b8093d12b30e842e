// Builds when a source is newer than the last build; without sources, as in the image, there is nothing to do. Two at once
// take turns.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const STAMP = path.join('dist', '.built');
const LOCK = path.join('dist', '.building');
const SOURCES = ['apps', 'libs', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json', 'package-lock.json'];
const STALE_LOCK_MS = 180_000;

const newest = (at) => {
  const found = statSync(at);
  if (!found.isDirectory()) return found.mtimeMs;
  const inside = readdirSync(at).filter(
    (name) => name !== 'node_modules' && !name.endsWith('-spec.ts') && !name.endsWith('.spec.ts'),
  );
  return Math.max(0, ...inside.map((name) => newest(path.join(at, name))));
};
const isStale = () =>
  !existsSync(STAMP) || Math.max(...SOURCES.filter(existsSync).map(newest)) > statSync(STAMP).mtimeMs;
const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

function takeLock() {
  mkdirSync('dist', { recursive: true });
  for (;;) {
    try {
      return mkdirSync(LOCK);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const age = Date.now() - (statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > STALE_LOCK_MS) rmdirSync(LOCK);
      else pause(200);
    }
  }
}

if (isStale()) {
  takeLock();
  try {
    if (isStale()) {
      const started = new Date();
      const nest = path.join('node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
      const { status } = spawnSync(process.execPath, [nest, 'build', 'api'], { stdio: 'inherit' });
      if (status !== 0) process.exitCode = status ?? 1;
      else writeFileSync(STAMP, started.toISOString());
    }
  } finally {
    rmdirSync(LOCK);
  }
}

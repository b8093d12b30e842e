// Builds when a source is newer than the last build; without sources, as in the image, there is nothing to do. Two at once
// take turns.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const STALE_LOCK_MS = 180_000;

const isSource = (name) => !/^(node_modules|dist|[.]next|next-env[.]d[.]ts)$|[.-]spec[.]ts$|[.]tsbuildinfo$/.test(name);
const newest = (at) => {
  const found = statSync(at);
  if (!found.isDirectory()) return found.mtimeMs;
  const inside = readdirSync(at).filter(isSource);
  return Math.max(0, ...inside.map((name) => newest(path.join(at, name))));
};
const isStale = ({ stamp, sources }) =>
  !existsSync(stamp) || Math.max(...sources.filter(existsSync).map(newest)) > statSync(stamp).mtimeMs;
const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

function takeLock(lock) {
  mkdirSync(path.dirname(lock), { recursive: true });
  for (;;) {
    try {
      return mkdirSync(lock);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > STALE_LOCK_MS) rmdirSync(lock);
      else pause(200);
    }
  }
}

/** Builds a part whose stamp is older than its sources: each of its commands is a script for Node.js with its arguments. */
export function buildIfStale({ stamp, lock, sources, commands, cwd }) {
  if (!isStale({ stamp, sources })) return;
  takeLock(lock);
  try {
    if (!isStale({ stamp, sources })) return;
    const started = new Date();
    for (const command of commands) {
      const { status } = spawnSync(process.execPath, command, { stdio: 'inherit', cwd });
      if (status === 0) continue;
      process.exitCode = status ?? 1;
      return;
    }
    writeFileSync(stamp, started.toISOString());
    // What is written while it builds may be in the build or not.
    utimesSync(stamp, started, started);
  } finally {
    rmdirSync(lock);
  }
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  buildIfStale({
    stamp: path.join('dist', '.built'),
    lock: path.join('dist', '.building'),
    sources: [
      'apps/api',
      'apps/ops',
      'libs',
      'tsconfig.json',
      'tsconfig.build.json',
      'nest-cli.json',
      'package-lock.json',
    ],
    commands: [[path.join('node_modules', '@nestjs', 'cli', 'bin', 'nest.js'), 'build', 'api']],
  });

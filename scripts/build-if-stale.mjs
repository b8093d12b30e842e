// Builds when a source is newer than the last build; without sources, as in the image, there is nothing to do. Two at once
// take turns.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

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

/** The process that a lock names; undefined: there is no lock. */
function holderOf(lock) {
  try {
    return Number(readFileSync(lock, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isRunning(pid) {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Removes the lock of a process that is gone. Whoever took it over meanwhile gets it back. */
function removeLockOf(pid, lock) {
  const removed = `${lock}.${process.pid}.gone`;
  try {
    renameSync(lock, removed);
    if (holderOf(removed) !== pid) linkSync(removed, lock);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(error.code)) throw error;
  }
  rmSync(removed, { force: true });
}

/** Whether the lock could be had: it names this process from its first moment on. */
function tryLock(lock) {
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, lock);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(mine);
  }
}

function takeLock(lock) {
  mkdirSync(path.dirname(lock), { recursive: true });
  let hasSaid = false;
  while (!tryLock(lock)) {
    const holder = holderOf(lock);
    if (holder === undefined) continue;
    if (!isRunning(holder)) {
      removeLockOf(holder, lock);
      continue;
    }
    if (!hasSaid) console.error(`Another build is running, process ${holder} by ${lock}: it is waited for.`);
    hasSaid = true;
    pause(200);
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
    rmSync(lock, { force: true });
  }
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  buildIfStale({
    stamp: path.join('dist', '.built'),
    lock: path.join('dist', '.build-lock'),
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

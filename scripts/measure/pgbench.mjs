// SQL under pgbench, PostgreSQL's own load generator, beside the same SQL under the API.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const PROGRAM = ['/usr/lib/postgresql/15/bin/pgbench', '/usr/bin/pgbench'].find(existsSync);

export const hasPgbench = PROGRAM !== undefined;

/** Runs a script `count` times over `clients` connections, each statement prepared. */
export function pgbench(url, script, { count, clients }) {
  const file = path.join(tmpdir(), `troth-bench-${process.pid}.sql`);
  writeFileSync(file, script);
  try {
    const times = String(Math.ceil(count / clients));
    const flags = ['-n', '-M', 'prepared', '-c', String(clients), '-t', times, '-f', file, url];
    const { status, stderr } = spawnSync(PROGRAM, flags, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  } finally {
    rmSync(file);
  }
}

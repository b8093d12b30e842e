import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { freePort } from '#data/free-port';

import { eventually } from './eventually.ts';

const LEAST = [1, 21] as const;
const PLACES = ['/usr/local/bin/pgbouncer', '/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'];
/** It refuses to run as root. */
const NOBODY = 65534;
const AS_ROOT = process.getuid?.() === 0;

/** A PgBouncer in transaction mode before a PostgreSQL. */
export interface PgBouncer {
  /** The URL with the pooler in place of PostgreSQL. */
  through(url: string): string;
  stop(): Promise<void>;
}

/** The program, of a version that docs/operation.md speaks of: where `TEST_PGBOUNCER` says, or where Debian has it. */
export function findPgBouncer(): string | undefined {
  const named = process.env.TEST_PGBOUNCER;
  return (named === undefined ? PLACES : [named]).find(isNewEnough);
}

function isNewEnough(program: string): boolean {
  const { stdout, error } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  if (error) return false;
  const [, major = 0, minor = 0] = /^PgBouncer (\d+)\.(\d+)/.exec(stdout) ?? [];
  return Number(major) > LEAST[0] || (Number(major) === LEAST[0] && Number(minor) >= LEAST[1]);
}

/** Starts it with the lines of docs/operation.md, for the user of the URL, on so many connections. */
export async function startPgBouncer(program: string, url: string, connections: number): Promise<PgBouncer> {
  const { hostname, port: serverPort, username, password } = new URL(url);
  const [folder, port] = [await mkdtemp(path.join(tmpdir(), 'troth-pgbouncer-')), await freePort()];
  const users = path.join(folder, 'users.txt');
  await writeFile(users, `"${username}" "${password}"\n`, { mode: 0o600 });
  const ini = path.join(folder, 'pgbouncer.ini');
  await writeFile(
    ini,
    `[databases]
* = host=${hostname} port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
default_pool_size = ${connections}
${documentedIni()}`,
  );
  const identity = AS_ROOT ? { uid: NOBODY, gid: NOBODY } : {};
  if (AS_ROOT) for (const place of [folder, users, ini]) await chown(place, NOBODY, NOBODY);
  const child = spawn(program, [ini], { ...identity, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (text: Buffer) => (log += text.toString()));
  child.on('error', (error) => (log += error.message));
  const stop = async (): Promise<void> => {
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await eventually(() => {
      if (hasEnded(child)) throw new Error(log);
      return listens(port);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { through: (original) => Object.assign(new URL(original), { host: `127.0.0.1:${port}` }).href, stop };
}

/** The settings that docs/operation.md tells operators to make. */
function documentedIni(): string {
  const section = readFileSync('docs/operation.md', 'utf8').split('\n### PgBouncer\n')[1] ?? '';
  return /^```ini\n([\s\S]*?)^```$/m.exec(section)?.[1] ?? '';
}

function listens(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).once('error', () => resolve(undefined));
  });
}

/** Whether it has ended, or was never there. */
const hasEnded = ({ pid, exitCode, signalCode }: ChildProcess): boolean =>
  pid === undefined || exitCode !== null || signalCode !== null;

async function ended(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const end = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await end;
}

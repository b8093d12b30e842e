import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** As whom a program runs: PostgreSQL refuses to run as root. */
export interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

/** Nothing of the caller's locale or time zone reaches the server. */
const SERVER_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** Runs a program to its end; rejects with what it said when it fails. */
export async function run(command: string, args: readonly string[], identity: Identity = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...identity, env: SERVER_ENVIRONMENT });
    let said = '';
    child.stdout.on('data', (text: Buffer) => (said += text.toString()));
    child.stderr.on('data', (text: Buffer) => (said += text.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(said);
      else reject(new Error(`${path.basename(command)} ended with ${code}\n${said}`));
    });
  });
}

/** A server that has written its lock file. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  readonly ready: boolean;
}

/** What `postmaster.pid` says; undefined without one, or when its process is no PostgreSQL. */
export async function runningServer(directory: string): Promise<RunningServer | undefined> {
  const lock = await readFile(path.join(directory, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = lock.split('\n');
  const pid = Number(lines[0]);
  if (!(pid > 0) || !(await isPostgres(pid))) return undefined;
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

// A process id may have been given to another program since the server died.
async function isPostgres(pid: number): Promise<boolean> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() =>
    run('ps', ['-o', 'args=', '-p', String(pid)]).catch(() => ''),
  );
  return line.includes('postgres');
}

/** Whether a process runs that is a Node.js one: a launcher's id may have been given to another program. */
export async function isRunningNode(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'node');
  return line.includes('node');
}

/** Resolves once the server in the folder is ready on the port; rejects after 15 s. */
async function becomesReady(directory: string, port: number, signal: AbortSignal): Promise<void> {
  for (let look = 0; look < 600 && !signal.aborted; look++) {
    const server = await runningServer(directory);
    if (server?.ready && server.port === port) return;
    await pause(25);
  }
  throw new Error('PostgreSQL did not get ready in 15 s');
}

/** Starts `postgres` on a folder; rejects with the end of its log when it ends before it is ready. */
export async function startServer(
  program: string,
  directory: string,
  port: number,
  options: { readonly identity: Identity; readonly settings: Readonly<Record<string, string>> },
): Promise<ChildProcess> {
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', log_min_messages: 'warning' };
  const flags = Object.entries({ ...settings, ...options.settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  // Detached: Ctrl-C reaches the launcher alone, which stops the database last.
  const child = spawn(program, ['-D', directory, '-p', String(port), ...flags], {
    ...options.identity,
    env: SERVER_ENVIRONMENT,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let log = '';
  child.stderr.on('data', (text: Buffer) => (log = (log + text.toString()).slice(-4000)));
  const waiting = new AbortController();
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`postgres ended with ${code}\n${log}`)));
  });
  try {
    await Promise.race([ended, becomesReady(directory, port, waiting.signal)]);
  } catch (error) {
    child.kill('SIGQUIT');
    throw error;
  } finally {
    waiting.abort();
    ended.catch(() => undefined);
  }
  return child;
}

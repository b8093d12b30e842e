import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import {
  binariesIn,
  copiedPostgres,
  isReachable,
  packagedPostgres,
  type Binaries,
} from './embedded-postgres/binaries.ts';
import { dataIn, type Homes, HOMES, makeHome } from './embedded-postgres/home.ts';
import {
  isRunningNode,
  run,
  runningServer,
  startServer,
  type Identity,
  type RunningServer,
} from './embedded-postgres/server.ts';
import { freePort } from './free-port.ts';

export { HomeRefused } from './embedded-postgres/home.ts';

/** The user of least rights, as whom the server runs when the launcher is root. */
const NOBODY = 65534;
const AS_ROOT = process.getuid?.() === 0;

/** How to run the server. */
export interface EmbeddedOptions {
  /** Folder of the data; made when it is missing. */
  readonly directory: string;
  /** False trades safety for speed: for tests alone. */
  readonly durable?: boolean;
  /** Folder of other PostgreSQL programs than those from npm. */
  readonly binaries?: string;
  /** Other folders than the usual ones for what root's PostgreSQL needs outside the project: for tests alone. */
  readonly homes?: Homes;
  readonly say?: (line: string) => void;
}

/** A PostgreSQL server on loopback. */
export interface EmbeddedPostgres {
  /** As the superuser `postgres`, on the database `postgres`. */
  readonly url: string;
  /** Where the data is. */
  readonly directory: string;
  /** Somebody else started the server and will stop it. */
  readonly joined: boolean;
  stop(): Promise<void>;
}

interface Place {
  readonly directory: string;
  readonly binaries: Binaries;
  readonly identity: Identity;
}

/**
 * Runs PostgreSQL from npm on a folder of data, as a child that outlives Ctrl-C. A server that already runs there is
 * joined; it is stopped at the end only when whoever started it is gone. Rejects with HomeRefused when, as root, there is
 * no safe place for what the user "nobody" has to reach.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const place = await placeOf(options);
  if (!existsSync(path.join(place.directory, 'PG_VERSION'))) await initialise(place, options.binaries !== undefined);
  const access = JSON.parse(await readFile(accessFile(place.directory), 'utf8')) as Access;
  const running = await runningServer(place.directory);
  return running?.ready ? join(place, access, running) : start(place, access, options.durable ?? true);
}

/** The server stays with who started it, and is ours when they are gone. */
async function join(
  { directory, binaries, identity }: Place,
  { password }: Access,
  { port }: RunningServer,
): Promise<EmbeddedPostgres> {
  const launcher = Number(await readFile(launcherFile(directory), 'utf8').catch(() => '0'));
  const isOrphan = !(await isRunningNode(launcher));
  if (isOrphan) await writeFile(launcherFile(directory), String(process.pid));
  const stop = async (): Promise<void> => {
    if (isOrphan) await run(binaries.pgCtl, ['-D', directory, '-m', 'fast', '-w', '-t', '20', 'stop'], identity);
  };
  return { url: urlOf(password, port), directory, joined: !isOrphan, stop };
}

async function start(place: Place, access: Access, durable: boolean): Promise<EmbeddedPostgres> {
  const { directory } = place;
  await writeFile(launcherFile(directory), String(process.pid));
  const { child, port } = await startOnFreePort(place, access.port, durable);
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    await ended;
  };
  return { url: urlOf(access.password, port), directory, joined: false, stop };
}

/** On the port of the last time, or on another one while somebody else has that. */
async function startOnFreePort(
  { directory, binaries, identity }: Place,
  usualPort: number,
  durable: boolean,
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const settings = durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const startOn = async (port: number) => ({
    child: await startServer(binaries.postgres, directory, port, { identity, settings }),
    port,
  });
  try {
    return await startOn(usualPort);
  } catch (error) {
    if (!String(error).includes('Address already in use')) throw error;
    return startOn(await freePort());
  }
}

interface Access {
  readonly password: string;
  readonly port: number;
}

const accessFile = (directory: string): string => `${directory}.json`;
/** Names the process that stops the server: without it the server is an orphan. */
const launcherFile = (directory: string): string => `${directory}.launcher`;
const urlOf = (password: string, port: number): string => `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;

async function placeOf({ directory, binaries, say, homes = HOMES }: EmbeddedOptions): Promise<Place> {
  const identity = AS_ROOT ? { uid: NOBODY, gid: NOBODY } : {};
  if (binaries !== undefined) return { directory, binaries: binariesIn(binaries), identity };
  const native = await packagedPostgres();
  const programs = (folder: string): Binaries => binariesIn(path.join(folder, 'bin'));
  const [areProgramsOpen, isDataOpen] = [await isReachable(native), await isReachable(path.dirname(directory))];
  if (!AS_ROOT || (areProgramsOpen && isDataOpen)) return { directory, binaries: programs(native), identity };
  const home = await makeHome(homes);
  const reachable = programs(areProgramsOpen ? native : await copiedPostgres(native, home));
  if (isDataOpen) return { directory, binaries: reachable, identity };
  const name = Buffer.from(path.resolve(directory)).toString('base64url');
  const open = await dataIn(home, name, homes, (line) => say?.(line));
  say?.(`The project's folder is closed to the user "nobody": PostgreSQL keeps its data in ${open}`);
  return { directory: open, binaries: reachable, identity };
}

/** Makes the cluster beside its place and moves it there whole: a killed start leaves nothing half-made. */
async function initialise({ directory, binaries, identity }: Place, foreign: boolean): Promise<void> {
  await mkdir(path.dirname(directory), { recursive: true });
  const half = await mkdtemp(`${directory}.init-`);
  const passwordFile = `${half}.password`;
  const password = randomBytes(18).toString('base64url');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (identity.uid !== undefined) {
    await chown(half, NOBODY, NOBODY);
    await chown(passwordFile, NOBODY, NOBODY);
  }
  // The same collation on every machine; PostgreSQL 15 and 16 know no built-in provider.
  const collation = foreign ? [] : ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const flags = [
    '-D',
    half,
    '-U',
    'postgres',
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    '-E',
    'UTF8',
    '--locale=C',
  ];
  try {
    await run(binaries.initdb, [...flags, ...collation], identity);
    await writeFile(accessFile(directory), JSON.stringify({ password, port: await freePort() }), { mode: 0o600 });
    await rename(half, directory);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(half, { recursive: true, force: true });
  }
}

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import {
  binariesIn,
  isReachable,
  packagedPostgres,
  reachablePostgres,
  type Binaries,
} from './embedded-postgres/binaries.ts';
import { freePort, isRunningNode, run, runningServer, startServer, type Identity } from './embedded-postgres/server.ts';

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
 * joined; it is stopped at the end only when whoever started it is gone.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const place = await placeOf(options);
  const { directory, binaries, identity } = place;
  const durable = options.durable ?? true;
  if (!existsSync(path.join(directory, 'PG_VERSION'))) await initialise(place, options.binaries !== undefined);
  const access = JSON.parse(await readFile(accessFile(directory), 'utf8')) as Access;
  const running = await runningServer(directory);
  if (running?.ready) {
    const orphan = !(await isRunningNode(Number(await readFile(launcherFile(directory), 'utf8').catch(() => '0'))));
    if (orphan) await writeFile(launcherFile(directory), String(process.pid));
    const stop = async (): Promise<void> => {
      if (orphan) await run(binaries.pgCtl, ['-D', directory, '-m', 'fast', '-w', '-t', '20', 'stop'], identity);
    };
    return { url: urlOf(access.password, running.port), directory, joined: !orphan, stop };
  }
  const settings = durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const start = (port: number) => startServer(binaries.postgres, directory, port, { identity, settings });
  let port = access.port;
  await writeFile(launcherFile(directory), String(process.pid));
  const child = await start(port).catch(async (error: unknown) => {
    if (!String(error).includes('Address already in use')) throw error;
    port = await freePort();
    return start(port);
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    await ended;
  };
  return { url: urlOf(access.password, port), directory, joined: false, stop };
}

interface Access {
  readonly password: string;
  readonly port: number;
}

const accessFile = (directory: string): string => `${directory}.json`;
/** Names the process that stops the server: without it the server is an orphan. */
const launcherFile = (directory: string): string => `${directory}.launcher`;
const urlOf = (password: string, port: number): string => `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;

async function placeOf({ directory, binaries, say }: EmbeddedOptions): Promise<Place> {
  if (binaries !== undefined)
    return { directory, binaries: binariesIn(binaries), identity: AS_ROOT ? { uid: NOBODY, gid: NOBODY } : {} };
  const native = await packagedPostgres();
  if (!AS_ROOT) return { directory, binaries: binariesIn(path.join(native, 'bin')), identity: {} };
  const home = path.join(tmpdir(), 'troth-postgres-of-root');
  const programs = binariesIn(path.join(await reachablePostgres(native, home), 'bin'));
  const identity = { uid: NOBODY, gid: NOBODY };
  if (await isReachable(path.dirname(directory))) return { directory, binaries: programs, identity };
  const open = path.join(home, Buffer.from(path.resolve(directory)).toString('base64url'));
  say?.(`The project's folder is closed to the user "nobody": PostgreSQL keeps its data in ${open}`);
  return { directory: open, binaries: programs, identity };
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

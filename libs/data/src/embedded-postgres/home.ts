import { existsSync } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, realpath, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder cannot be trusted with programs and data. The message says why, and what to do. */
export class HomeRefused extends Error {}

/** Where a PostgreSQL of root keeps what its user "nobody" cannot reach in the project's folder. */
const LASTING = '/var/lib/troth';
/** Where earlier releases kept it; the system may clear it at its start. */
const PASSING = path.join(tmpdir(), 'troth-postgres-of-root');

/** The folders that are tried. */
export interface Homes {
  /** Taken if it can be made. */
  readonly lasting: string;
  /** Taken otherwise, and looked into for data of earlier releases. */
  readonly passing: string;
}

/** The folders of this machine. */
export const HOMES: Homes = { lasting: LASTING, passing: PASSING };

/** The first of the folders that is there or can be made. Throws HomeRefused when it is not root's alone. */
export async function makeHome({ lasting, passing }: Homes): Promise<string> {
  for (const home of [lasting, passing]) {
    const made = await mkdir(home, { recursive: true }).catch(() => null);
    // Whatever the umask: the user "nobody" has to get in.
    if (made !== undefined && made !== null) await chmod(home, 0o755);
    if (made === null && !existsSync(home)) continue;
    const fault = await faultOf(home);
    if (fault !== undefined)
      throw new HomeRefused(
        `${fault}, so PostgreSQL is not run from ${home} and keeps no data there. Remove it or make it root's alone, ` +
          'or start as another user than root, or set DATABASE_URL.',
      );
    return home;
  }
  throw new HomeRefused(`Neither ${lasting} nor ${passing} can be made. Start as another user, or set DATABASE_URL.`);
}

/**
 * The folder of data of that name. What an earlier release left in the passing home is moved into the lasting one; what
 * cannot be moved, or is not shut down, stays where it is; what others than root may have put there is left alone.
 */
export async function dataIn(
  home: string,
  name: string,
  { passing }: Homes,
  say: (line: string) => void,
): Promise<string> {
  const [here, former] = [path.join(home, name), path.join(passing, name)];
  if (home === passing || existsSync(here) || !existsSync(path.join(former, 'PG_VERSION'))) return here;
  const fault = await faultOf(passing);
  if (fault === undefined) return (await moved(former, here)) ? here : former;
  say(`${fault}, so the data in ${former} is not used.`);
  return here;
}

async function moved(former: string, here: string): Promise<boolean> {
  if (existsSync(path.join(former, 'postmaster.pid'))) return false;
  try {
    // The folder comes last: with it, everything is there.
    await copyFile(`${former}.json`, `${here}.json`);
    await rename(former, here);
  } catch {
    await rm(`${here}.json`, { force: true });
    return false;
  }
  await rm(`${former}.json`, { force: true });
  return true;
}

/** Why a folder is not root's alone: who may write into it, or move it away, may put other programs in its place. */
async function faultOf(folder: string): Promise<string | undefined> {
  if ((await lstat(folder)).isSymbolicLink()) return `${folder} is a link`;
  const home = await realpath(folder);
  for (let at = home; ; at = path.dirname(at)) {
    const { uid, mode } = await lstat(at);
    if (uid !== 0) return `${at} does not belong to root`;
    const isSticky = at !== home && (mode & 0o1000) !== 0;
    if ((mode & 0o022) !== 0 && !isSticky) return `${at} can be written to by others than root`;
    if (at === path.dirname(at)) return undefined;
  }
}

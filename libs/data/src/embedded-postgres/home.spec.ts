import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { startEmbeddedPostgres } from '../embedded-postgres.ts';
import { dataIn, HomeRefused, type Homes, makeHome } from './home.ts';

const asRoot = process.getuid?.() === 0 ? test : test.skip;
if (asRoot === test.skip) process.stdout.write('LEFT OUT: where root keeps PostgreSQL. It takes root to try.\n');
const SOMEBODY = 4242;

let folder: string;
let homes: Homes;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'troth-home-'));
  await chmod(folder, 0o755);
  homes = { lasting: path.join(folder, 'lib', 'troth'), passing: path.join(folder, 'passing') };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const said: string[] = [];
const place = (home: string): Promise<string> => dataIn(home, 'data', homes, (line) => said.push(line));
afterEach(() => said.splice(0));

async function putData(home: string, ...more: string[]): Promise<void> {
  await mkdir(path.join(home, 'data'), { recursive: true });
  for (const file of ['PG_VERSION', ...more]) await writeFile(path.join(home, 'data', file), '18\n');
  await writeFile(path.join(home, 'data.json'), '{}');
}

asRoot('the lasting folder is made, whatever the umask, and everybody may enter it', async () => {
  const umask = process.umask(0o077);
  expect(await makeHome(homes).finally(() => process.umask(umask))).toBe(homes.lasting);
  expect((await stat(homes.lasting)).mode & 0o777).toBe(0o755);
});

asRoot('where it cannot be made, the folder for what passes is', async () => {
  await writeFile(path.join(folder, 'lib'), 'no folder');
  expect(await makeHome(homes)).toBe(homes.passing);
  await rm(homes.passing, { recursive: true });
  await writeFile(homes.passing, 'no folder');
  await chown(homes.passing, SOMEBODY, SOMEBODY);
  await expect(makeHome(homes)).rejects.toThrow(HomeRefused);
});

asRoot.each<[string, (home: string) => Promise<unknown>, string]>([
  ['belongs to somebody else', (home) => chown(home, SOMEBODY, SOMEBODY), 'does not belong to root'],
  ['its group may write to', (home) => chmod(home, 0o775), 'can be written to by others'],
  ['everybody may write to, if only to add', (home) => chmod(home, 0o1777), 'can be written to by others'],
  ['lies in a folder of somebody else', (home) => chown(path.dirname(home), SOMEBODY, 0), 'does not belong to root'],
  [
    'is a link',
    async (home) => {
      await rm(home, { recursive: true });
      await symlink(folder, home);
    },
    'is a link',
  ],
])('a folder that %s is refused, and nothing in it is run', async (_, open, fault) => {
  await mkdir(homes.lasting, { recursive: true });
  await open(homes.lasting);
  const closed = path.join(folder, 'closed');
  await mkdir(closed, { mode: 0o700 });
  const refusal = startEmbeddedPostgres({ directory: path.join(closed, 'pg'), durable: false, homes });
  await expect(refusal).rejects.toThrow(HomeRefused);
  await expect(refusal).rejects.toThrow(fault);
});

asRoot('data of an earlier release is moved to where it lasts', async () => {
  await putData(homes.passing);
  const home = await makeHome(homes);
  expect(await place(home)).toBe(path.join(home, 'data'));
  expect(await readFile(path.join(home, 'data', 'PG_VERSION'), 'utf8')).toBe('18\n');
  expect([existsSync(path.join(home, 'data.json')), existsSync(path.join(homes.passing, 'data'))]).toEqual([
    true,
    false,
  ]);
  expect(await place(home)).toBe(path.join(home, 'data'));
});

asRoot('data that is in use, or cannot be moved, stays where it is', async () => {
  await putData(homes.passing, 'postmaster.pid');
  const home = await makeHome(homes);
  expect(await place(home)).toBe(path.join(homes.passing, 'data'));
  await rm(path.join(homes.passing, 'data', 'postmaster.pid'));
  await rm(path.join(homes.passing, 'data.json'));
  expect(await place(home)).toBe(path.join(homes.passing, 'data'));
  expect(existsSync(path.join(home, 'data'))).toBe(false);
});

asRoot('data that others may have put there is not used, and that is said', async () => {
  await putData(homes.passing);
  await chmod(homes.passing, 0o777);
  const home = await makeHome(homes);
  expect(await place(home)).toBe(path.join(home, 'data'));
  expect(said).toEqual([
    expect.stringMatching(/can be written to by others than root, so the data in .* is not used\.$/),
  ]);
});

asRoot(
  'a folder closed to others keeps its data in the lasting one across starts, and the start says where',
  async () => {
    const closed = path.join(folder, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const lines: string[] = [];
    for (const _start of [1, 2]) {
      const directory = path.join(closed, 'pg');
      const server = await startEmbeddedPostgres({ directory, durable: false, homes, say: (line) => lines.push(line) });
      await server.stop();
      expect(path.dirname(server.directory)).toBe(homes.lasting);
      expect(lines.at(-1)).toContain(`PostgreSQL keeps its data in ${server.directory}`);
    }
  },
  60_000,
);

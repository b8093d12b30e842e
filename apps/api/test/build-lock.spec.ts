import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { eventually } from '#testing/eventually';

jest.setTimeout(60_000);

let folder: string;
const at = (name: string): string => path.join(folder, name);
const started: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'troth-build-'));
  const module = JSON.stringify(pathToFileURL(path.resolve('scripts', 'build-if-stale.mjs')).href);
  writeFileSync(
    at('build.mjs'),
    `import { buildIfStale } from ${module};
    const commands = [['compile.mjs']];
    buildIfStale({ stamp: 'dist/stamp', lock: 'dist/lock', sources: ['compile.mjs'], commands, cwd: '.' });`,
  );
  // A compiler that notes that it was begun, and is done when the test wants it to be.
  writeFileSync(
    at('compile.mjs'),
    `import { appendFileSync, existsSync } from 'node:fs';
    appendFileSync('begun', 'x');
    while (!existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 20));`,
  );
});
afterEach(async () => {
  writeFileSync(at('go'), '');
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** A build under way, and what it has said. */
function build() {
  const child = spawn(process.execPath, ['build.mjs'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, ended, said: () => said };
}

const begun = (): string => (existsSync(at('begun')) ? readFileSync(at('begun'), 'utf8') : '');
const until = (look: () => boolean): Promise<true> => eventually(() => Promise.resolve(look() ? true : undefined), 30);

test('a second build waits for the first, says so once, and has nothing left to do', async () => {
  const first = build();
  await until(() => begun() === 'x');
  const second = build();
  await until(() => second.said() !== '');
  writeFileSync(at('go'), '');
  expect(await Promise.all([first.ended, second.ended])).toEqual([0, 0]);
  expect([begun(), first.said()]).toEqual(['x', '']);
  expect(second.said().match(/Another build is running/g)).toHaveLength(1);
  expect(second.said()).toContain(`process ${first.child.pid}`);
  expect(await readdir(at('dist'))).toEqual(['stamp']);
});

test('a build that was killed holds up no other one', async () => {
  const killed = build();
  await until(() => begun() === 'x');
  killed.child.kill('SIGINT');
  await new Promise((resolve) => killed.child.once('exit', resolve));
  const next = [build(), build()];
  await until(() => begun() === 'xx');
  writeFileSync(at('go'), '');
  expect(await Promise.all(next.map(({ ended }) => ended))).toEqual([0, 0]);
  expect(begun()).toBe('xx');
  expect(await readdir(at('dist'))).toEqual(['stamp']);
});

import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { freePort } from '#data/free-port';
import { eventually } from '#testing/eventually';
import { type Ended, runOps } from '#testing/run-ops';

jest.setTimeout(120_000);

let folder: string;
let dataDir: string;
let port: number;
const started: Started[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'troth start '));
  await chmod(folder, 0o755);
  dataDir = path.join(folder, 'data of troth');
  await mkdir(dataDir);
  port = await freePort();
});

afterEach(async () => {
  for (const { child } of started.splice(0)) await end(child, 'SIGTERM');
  await rm(folder, { recursive: true, force: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly output: () => string;
}

/** What `npm start` runs after the build. */
function start(): Started {
  const env = { PATH: process.env.PATH, HOME: folder, DATA_DIR: dataDir, PORT: String(port), LANG: 'de_DE.UTF-8' };
  const child = spawn(process.execPath, ['scripts/start.mjs'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  const it = { child, output: () => output };
  started.push(it);
  return it;
}

async function ready(): Promise<Started> {
  const it = start();
  await eventually(() => {
    if (it.child.exitCode !== null) throw new Error(it.output());
    return Promise.resolve(it.output().includes('Troth is running') ? true : undefined);
  }, 60);
  return it;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill(signal);
  return ended;
}

const url = (at: string): string => `http://127.0.0.1:${port}${at}`;
const isDown = () =>
  fetch(url('/health/live')).then(
    () => undefined,
    () => true as const,
  );

async function becomeActive(email: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const registration = JSON.stringify({ email, password: 'correct horse battery' });
  await fetch(url('/v1/registrations'), { method: 'POST', headers, body: registration });
  const code = await eventually(async () => {
    const { letters } = (await (await fetch(url(`/dev/mailbox.json?to=${email}`))).json()) as {
      letters: { subject: string }[];
    };
    return letters.at(-1)?.subject.slice(0, 4);
  });
  const authorization = `Basic ${Buffer.from(`${email}:correct horse battery`).toString('base64')}`;
  const answer = await fetch(url('/v1/registrations/activation'), {
    method: 'POST',
    headers: { ...headers, authorization },
    body: JSON.stringify({ code }),
  });
  return ((await answer.json()) as { user: { id: string } }).user.id;
}

/** An active address answers nothing different; that it is there shows in the one notice a day it is sent. */
async function isKnown(email: string): Promise<boolean> {
  const body = JSON.stringify({ email, password: 'another good password' });
  await fetch(url('/v1/registrations'), { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const subject = await eventually(async () => {
    const { letters } = (await (await fetch(url(`/dev/mailbox.json?to=${email}`))).json()) as {
      letters: { subject: string }[];
    };
    return letters.at(-1)?.subject;
  });
  return subject === 'You already have an account';
}

test('the first start says what comes next, and keeps a secret that only its user can read', async () => {
  const { output, child } = await ready();
  for (const line of [
    `http://localhost:${port}`,
    `http://localhost:${port}/docs`,
    `/dev/mailbox`,
    `curl -i http://localhost:${port}/v1/registrations`,
  ])
    expect(output()).toContain(line);
  const secret = path.join(dataDir, 'secret');
  expect((await stat(secret)).mode & 0o777).toBe(0o600);
  const text = await readFile(secret, 'utf8');
  expect(text.trim().length).toBeGreaterThanOrEqual(32);
  expect(output()).not.toContain(text.trim());
  await becomeActive('ada@example.com');
  expect(await end(child, 'SIGTERM')).toBe(0);
  expect(await isDown()).toBe(true);
  await ready();
  expect(await readFile(secret, 'utf8')).toBe(text);
  expect(await isKnown('ada@example.com')).toBe(true);
});

test('an account survives a kill -9 of the launcher: the API ends by itself, and the next start takes over', async () => {
  const { child } = await ready();
  await becomeActive('ada@example.com');
  await end(child, 'SIGKILL');
  await eventually(isDown, 20);
  await ready();
  expect(await isKnown('ada@example.com')).toBe(true);
});

test('an account survives a kill -9 of the database', async () => {
  const first = await ready();
  await becomeActive('ada@example.com');
  const pid = Number((await readFile(path.join(dataDir, 'pg', 'postmaster.pid'), 'utf8')).split('\n')[0]);
  process.kill(pid, 'SIGKILL');
  await eventually(async () => ((await fetch(url('/health/ready'))).status === 503 ? true : undefined), 20);
  await end(first.child, 'SIGTERM');
  await ready();
  expect(await isKnown('ada@example.com')).toBe(true);
});

test('a second start by mistake says what is wrong and leaves the first alone', async () => {
  const first = await ready();
  const second = start();
  const code = await new Promise((resolve) => second.child.once('exit', resolve));
  expect(code).toBe(1);
  expect(second.output()).toContain(`Port ${port} is in use`);
  port = await freePort();
  const third = start();
  expect(await new Promise((resolve) => third.child.once('exit', resolve))).toBe(1);
  expect(third.output()).toContain('Another Troth is using');
  expect(first.child.exitCode).toBeNull();
});

test('the command line finds the database and the secret of the start, while it runs and afterwards', async () => {
  const create = (email: string): Promise<Ended> => runOps(['create-admin', email], { DATA_DIR: dataDir });
  const missing = await create('ada@example.com');
  expect([missing.code, missing.err]).toEqual([1, expect.stringContaining('DATABASE_URL is missing')]);
  const { child } = await ready();
  await becomeActive('ada@example.com');
  expect(await create('ada@example.com')).toMatchObject({ code: 0, out: 'ada@example.com is an administrator now.\n' });
  expect((await fetch(url('/health/ready'))).status).toBe(200);
  expect(await end(child, 'SIGTERM')).toBe(0);
  expect((await create('ada@example.com')).out).toBe(
    'ada@example.com is an administrator already; nothing was changed.\n',
  );
  expect((await create('grace@example.com')).out).toContain('made an account for grace@example.com');
  await ready();
  const letters = await eventually(async () => {
    const { letters } = (await (await fetch(url('/dev/mailbox.json?to=grace@example.com'))).json()) as {
      letters: { text: string }[];
    };
    return letters.length > 0 ? letters : undefined;
  });
  expect(letters[0]?.text).toContain(`http://localhost:${port}/letters/password-reset?`);
});

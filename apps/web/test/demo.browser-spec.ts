import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from 'playwright-core';

import { describeInBrowser, type TestBrowser } from '#testing/browser';
import { eventually } from '#testing/eventually';
import { freePort } from '#testing/free-port';
import { runOps } from '#testing/run-ops';

import { buildWeb, hasPackages } from './web-server.ts';

jest.setTimeout(120_000);

const EMAIL = 'ada@example.com';
const PASSWORD = 'correct horse battery';

/** The demo under way: what `npm run demo` runs. */
class Demo {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #output = '';

  constructor(
    private readonly dataDir: string,
    private readonly ports: readonly [api: number, web: number],
  ) {
    const [PORT, WEB_PORT] = ports.map(String);
    const env = { PATH: process.env.PATH, HOME: dataDir, DATA_DIR: dataDir, PORT, WEB_PORT };
    // A group of its own, so that a test that fails leaves nothing behind.
    this.#child = spawn(process.execPath, [path.join('scripts', 'demo.mjs')], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (text: Buffer) => (this.#output += text.toString()));
    this.#ended = new Promise((resolve) => this.#child.once('exit', resolve));
  }

  /** The addresses that it prints, by their names. */
  async addresses(): Promise<Readonly<Record<string, string>>> {
    await eventually(() => {
      if (this.#child.exitCode !== null) throw new Error(this.#output);
      return Promise.resolve(this.#output.includes('create-admin') ? true : undefined);
    }, 90);
    const lines = this.#output.slice(this.#output.indexOf('The web application is running'));
    const found = lines.matchAll(/^ {2}(Application|API page|Mailbox) +(\S+)/gm);
    return Object.fromEntries([...found].map(([, name = '', url = '']) => [name, url]));
  }

  /** The process of its database. */
  async database(): Promise<number> {
    return Number.parseInt(await readFile(path.join(this.dataDir, 'pg', 'postmaster.pid'), 'utf8'), 10);
  }

  end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    return this.#ended;
  }

  /** Resolves when nobody listens any more and the database has ended; rejects when that does not come to be. */
  async isGone(database: number): Promise<void> {
    await eventually(async () => {
      const listening = await Promise.all(
        this.ports.map((port) =>
          fetch(`http://localhost:${port}`).then(
            () => true,
            () => false,
          ),
        ),
      );
      return listening.includes(true) || isRunning(database) ? undefined : true;
    }, 30);
  }

  /** Whatever a test that failed has left. */
  async wipeOut(): Promise<void> {
    const database = await this.database().catch(() => 0);
    for (const target of [-(this.#child.pid ?? 0), database]) if (target !== 0) kill(target);
    await eventually(() => Promise.resolve(database !== 0 && isRunning(database) ? undefined : true));
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function kill(target: number): void {
  try {
    process.kill(target, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

const press = (page: Page, name: string): Promise<void> => page.getByRole('main').getByRole('button', { name }).click();

/** Registers as somebody who follows what the demo says. */
async function register(page: Page, mailbox: string): Promise<void> {
  await page.getByRole('link', { name: 'Register' }).first().click();
  await page.getByLabel('E-mail address').fill(EMAIL);
  await page.getByLabel('Password').fill(PASSWORD);
  await press(page, 'Register');
  const code = await eventually(async () => {
    const answer = await fetch(`${mailbox}.json?to=${EMAIL}`);
    const { letters } = (await answer.json()) as { readonly letters: readonly { readonly subject: string }[] };
    return letters.at(-1)?.subject.slice(0, 4);
  });
  await page.getByLabel('Code').fill(code);
  await press(page, 'Confirm');
  await page.waitForURL(({ pathname }) => pathname === '/account');
}

function demoTests(browser: TestBrowser): void {
  let dataDir: string;
  let ports: readonly [number, number];
  let demo: Demo;
  beforeAll(async () => {
    await buildWeb();
    dataDir = await mkdtemp(path.join(tmpdir(), 'troth-demo-'));
    await chmod(dataDir, 0o755);
    ports = [await freePort(), await freePort()];
  }, 300_000);
  beforeEach(() => {
    demo = new Demo(dataDir, ports);
  });
  afterEach(() => demo.wipeOut());
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  test('has what it says, and leaves nothing behind', async () => {
    const addresses = await demo.addresses();
    expect(Object.keys(addresses)).toEqual(['Application', 'API page', 'Mailbox']);
    for (const url of Object.values(addresses)) expect((await fetch(url)).status).toBe(200);
    const { page } = await browser.visit(addresses.Application ?? '');
    await register(page, addresses.Mailbox ?? '');
    expect((await runOps(['create-admin', EMAIL], { DATA_DIR: dataDir })).code).toBe(0);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('E-mail address or user name').fill(EMAIL);
    await page.getByLabel('Password').fill(PASSWORD);
    await press(page, 'Log in');
    await page.getByRole('link', { name: 'Administration' }).waitFor();
    const database = await demo.database();
    expect(await demo.end('SIGTERM')).toBe(0);
    await demo.isGone(database);
  });

  test('leaves nothing behind when it is killed', async () => {
    await demo.addresses();
    const database = await demo.database();
    await demo.end('SIGKILL');
    await demo.isGone(database);
  });
}

if (hasPackages()) describeInBrowser('the demo', demoTests);
else test.skip('the demo', () => undefined);

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  createServer,
  request as onwardRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

import { TestClaimant } from '#testing/claimant';
import { closeAll } from '#testing/close-all';
import { TestSession } from '#testing/sessions';
import { startTestApp, type TestApp } from '#testing/test-app';
import { times } from '#testing/turns';

const ORIGIN = 'https://app.example.com';
/** Five minutes later than it is, whenever a signal comes: tokens are near their end then. */
const CLOCK = `data:text/javascript,${encodeURIComponent(
  'let late = 0; const now = Date.now; Date.now = () => now() + late; process.on("SIGUSR2", () => { late += 300000; });',
)}`;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ TRUSTED_PROXIES: '127.0.0.0/8' });
});
afterAll(() => app.stop());

test('the phone registers, refreshes, logs out and in again, and is shut out when it is lost', async () => {
  const env = { PATH: process.env.PATH, TROTH_URL: app.url };
  const { stdout } = await promisify(execFile)('bash', ['docs/journeys/phone.sh', 'phone@example.com'], { env });
  const answers = stdout.split('\n').filter(Boolean);
  const [phone, laptop] = [
    { device_name: 'Phone', current: false },
    { device_name: 'Laptop', current: true },
  ];
  expect(answers.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { status: 'verification_required' },
    { user: { email: 'phone@example.com' }, session: { token_type: 'Bearer' } },
    { email: 'phone@example.com' },
    { token_type: 'Bearer' },
    { status: 401, code: 'session-revoked' },
    { token_type: 'Bearer' },
    { data: expect.arrayContaining([expect.objectContaining(phone), expect.objectContaining(laptop)]) },
    { status: 401, code: 'session-revoked' },
  ]);
});

describe('a browser back end', () => {
  let network: BadNetwork;
  let backEnd: ChildProcess;
  let url: string;
  let people = 0;
  beforeAll(async () => {
    network = await BadNetwork.before(app.url);
    backEnd = spawn(process.execPath, ['--import', CLOCK, 'docs/journeys/back-end.mjs'], {
      env: { PATH: process.env.PATH, TROTH_URL: network.url, ORIGIN, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [port] = (await once(backEnd.stdout ?? backEnd, 'data')) as [Buffer];
    url = `http://127.0.0.1:${port.toString().trim()}`;
  });
  afterAll(() =>
    closeAll([
      () => network.stop(),
      async () => {
        backEnd.kill();
        await once(backEnd, 'close');
      },
    ]),
  );
  beforeEach(() => network.behave());

  /** Somebody's browser, as far as this site goes. */
  class Browser {
    cookie = '';
    readonly seen: string[] = [];

    async open(path: string, fields?: Readonly<Record<string, string>>, origin = ORIGIN): Promise<Page> {
      const answer = await fetch(url + path, {
        redirect: 'manual',
        headers: { cookie: this.cookie, ...(fields && { origin }) },
        ...(fields && { method: 'POST', body: new URLSearchParams(fields) }),
      });
      const given = answer.headers.get('set-cookie');
      if (given !== null) this.cookie = given.includes('Max-Age=0') ? '' : (given.split(';', 1)[0] ?? '');
      const text = await answer.text();
      this.seen.push(text, JSON.stringify([...answer.headers]));
      return { status: answer.status, text, given };
    }
  }

  async function loggedIn(): Promise<{ browser: Browser; ada: TestClaimant }> {
    const ada = new TestClaimant(app, `surfer${++people}@example.com`);
    if ((await ada.becomeActive()).status !== 200) throw new Error('not active');
    const browser = new Browser();
    const { status } = await browser.open('/log-in', { email: ada.email, password: ada.password });
    if (status !== 303) throw new Error(`the log-in was answered ${status}`);
    network.behave();
    return { browser, ada };
  }

  const isIn = ({ status, text }: Page, { email }: TestClaimant): boolean => status === 200 && text.includes(email);

  test('logs in and out, and no browser ever sees a token', async () => {
    const { browser, ada } = await loggedIn();
    const session = await TestSession.of(app, ada);
    expect(isIn(await browser.open('/'), ada)).toBe(true);
    const { data } = (await session.ask('/v1/sessions')).body as { data: { device_name: string }[] };
    expect(data.map(({ device_name }) => device_name)).toContain('the web');
    const { status, given } = await browser.open('/log-out', {});
    expect([status, given]).toEqual([303, expect.stringContaining('Max-Age=0')]);
    expect((await session.ask('/v1/sessions')).body).toMatchObject({ data: [{ current: true }] });
    expect(browser.seen.join()).not.toMatch(/eyJ[\w-]{20,}/);
  });

  test('gives a cookie that is for its host alone and for no script, and takes no request of another site', async () => {
    const browser = new Browser();
    const { ada } = await loggedIn();
    const credentials = { email: ada.email, password: ada.password };
    expect((await browser.open('/log-in', credentials, 'https://evil.example')).status).toBe(403);
    expect((await browser.open('/log-in', { ...credentials, password: 'wrong' })).status).toBe(401);
    const { given } = await browser.open('/log-in', credentials);
    expect(given).toMatch(/^__Host-app=[\w-]{43}; Path=\/; Max-Age=\d+; Secure; HttpOnly; SameSite=Lax$/);
  });

  test('refreshes before a token ends, once for ten tabs', async () => {
    const { browser, ada } = await loggedIn();
    backEnd.kill('SIGUSR2');
    const pages = await times(10, () => browser.open('/'));
    expect(pages.every((page) => isIn(page, ada))).toBe(true);
    expect(network.asked.filter((path) => path === '/v1/sessions/refresh')).toHaveLength(1);
  });

  test('a token that is refused and a refresh whose answer is lost log nobody out', async () => {
    const { browser, ada } = await loggedIn();
    network.spoils = 1;
    network.loses = '/v1/sessions/refresh';
    expect(isIn(await browser.open('/'), ada)).toBe(true);
    expect(network.asked).toEqual(['/v1/me', '/v1/sessions/refresh', '/v1/sessions/refresh', '/v1/me']);
    expect(isIn(await browser.open('/'), ada)).toBe(true);
  });

  test('while Troth is away pages are 503, and afterwards everybody is still logged in', async () => {
    const { browser, ada } = await loggedIn();
    network.isDown = true;
    expect((await browser.open('/')).status).toBe(503);
    expect((await browser.open('/log-out', {})).status).toBe(503);
    network.isDown = false;
    expect(isIn(await browser.open('/'), ada)).toBe(true);
  });

  test('a session that was ended elsewhere is forgotten', async () => {
    const { browser, ada } = await loggedIn();
    await (await TestSession.of(app, ada)).ask('/v1/sessions', { method: 'DELETE' });
    expect(await browser.open('/')).toMatchObject({ status: 401, given: expect.stringContaining('Max-Age=0') });
    expect(await browser.open('/')).toMatchObject({ status: 200, text: expect.stringContaining('Log in') });
  });

  test('a user is limited by their own address, not by that of the back end', async () => {
    const browser = new Browser();
    await browser.open('/log-in', { email: 'nobody@example.com', password: 'wrong password' });
    expect(network.forwarded.at(-1)).toBe('127.0.0.1');
  });
});

interface Page {
  readonly status: number;
  readonly text: string;
  /** The cookie that came with it. */
  readonly given: string | null;
}

/** What lies between the back end and Troth, and does harm when it is told to. */
class BadNetwork {
  /** Paths that were asked for. */
  asked: string[] = [];
  /** Whom the requests came for. */
  readonly forwarded: (string | string[] | undefined)[] = [];
  /** So many access tokens arrive broken. */
  spoils = 0;
  /** The next answer to this path gets lost. */
  loses: string | undefined;
  isDown = false;
  readonly #server: Server;

  private constructor(private readonly target: string) {
    this.#server = createServer((request, response) => this.#forward(request, response));
  }

  static async before(target: string): Promise<BadNetwork> {
    const network = new BadNetwork(target);
    await new Promise<void>((listening) => network.#server.listen(0, '127.0.0.1', listening));
    return network;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  behave(): void {
    this.asked = [];
    this.spoils = 0;
    this.loses = undefined;
    this.isDown = false;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((closed) => this.#server.close(() => closed()));
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    this.asked.push(path);
    this.forwarded.push(request.headers['x-forwarded-for']);
    if (this.isDown) {
      request.socket.destroy();
      return;
    }
    const isLost = this.loses === path;
    if (isLost) this.loses = undefined;
    const headers = { ...request.headers };
    if (headers.authorization !== undefined && this.spoils-- > 0) headers.authorization = 'Bearer broken';
    const onward = onwardRequest(this.target + path, { method: request.method, headers }, (answer) => {
      if (isLost) request.socket.destroy();
      else response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  }
}

import type { IncomingMessage } from 'node:http';

import type { BrowserContextOptions } from 'playwright-core';

import { openUser, type TestUser } from '#testing/admins';
import { describeInBrowser, type TestBrowser, type Visit } from '#testing/browser';
import { closeAll } from '#testing/close-all';
import { FaultProxy } from '#testing/fault-proxy';
import { freePort } from '#testing/free-port';
import { startTestApp, type TestApp } from '#testing/test-app';

import { WEB_SECRET } from './awaited.ts';
import { FeignedApi } from './feigned-api.ts';
import { buildWeb, hasPackages, startWebServer, type WebServer } from './web-server.ts';

/** The cookies of the application, which a test states anew: that their names change is to be seen. */
export const ACCESS = '__Host-at';
/** As above. */
export const REFRESH = '__Host-rt';

const PUBLIC_URL = 'http://localhost:3000';
const NO_PACKAGES = 'The packages of apps/web are not installed: npm ci --prefix apps/web.';

/** A request as it reached the API. */
export interface ApiCall {
  readonly line: string;
  readonly forwardedFor: string | undefined;
}

/** How a request differs from a plain GET. */
type Sent = Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> };

/** Cookies by their names. */
export type Cookies = Readonly<Record<string, string>>;

/** The application before an API of its own, with a network between them that fails when a test wants it to. */
export class TestWeb {
  app!: TestApp;
  /** What the application takes for the API. */
  api!: FeignedApi;
  network!: FaultProxy;
  server!: WebServer;
  readonly #calls: ApiCall[] = [];
  readonly #closes: (() => Promise<unknown>)[] = [];
  #people = 0;

  constructor(readonly browser: TestBrowser) {}

  get url(): string {
    return this.server.url;
  }

  /** Builds when it has to, and starts both. */
  async start(settings: Readonly<Record<string, string>>): Promise<void> {
    await buildWeb();
    const port = await freePort();
    const webUrl = `http://localhost:${port}`;
    // This machine alone is trusted, not all of loopback: so a client at 127.0.0.2 comes from outside.
    this.app = await startTestApp({ PUBLIC_URL, WEB_URL: webUrl, TRUSTED_PROXIES: '127.0.0.1/32', ...settings });
    this.#closes.push(() => this.app.stop());
    this.app.onRequest((request) => this.#record(request));
    this.api = await FeignedApi.before(this.app.url);
    this.#closes.push(() => this.api.close());
    this.network = await FaultProxy.before(this.api.url);
    this.#closes.push(() => this.network.close());
    const TROTH_URL = this.network.through(this.api.url);
    this.server = await startWebServer(port, { TROTH_URL, TROTH_ISSUER: PUBLIC_URL, WEB_SECRET });
    this.#closes.push(() => this.server.stop());
  }

  stop(): Promise<void> {
    return closeAll(this.#closes);
  }

  /** What reached the API since the last look; its key set, which is read once and kept, is no part of it. */
  calls(): readonly ApiCall[] {
    return this.#calls.splice(0);
  }

  /** An address that no other test has. */
  address(name = 'user'): string {
    return `${name}${++this.#people}@example.com`;
  }

  /** Somebody with an account, whose session no browser holds yet. */
  someone(name?: string): Promise<TestUser> {
    return openUser(this.app, this.address(name));
  }

  /** Opens a page in a browser of its own, as nobody or with cookies. */
  visit(path: string, cookies: Cookies = {}, options: BrowserContextOptions = {}): Promise<Visit> {
    const kept = Object.entries(cookies).map(([name, value]) => ({
      ...{ name, value, domain: 'localhost', path: '/', expires: -1 },
      ...({ httpOnly: true, secure: true, sameSite: 'Lax' } as const),
    }));
    return this.browser.visit(this.url + path, { storageState: { cookies: kept, origins: [] }, ...options });
  }

  /** A request without a browser, which follows no redirection. */
  ask(path: string, cookies: Cookies = {}, { headers, ...init }: Sent = {}): Promise<Response> {
    const cookie = Object.entries(cookies)
      .map(([name, value]) => `${name}=${value}`)
      .join('; ');
    return fetch(this.url + path, { redirect: 'manual', ...init, headers: { cookie, ...headers } });
  }

  /** The same as a browser does it that keeps what it is given: sent back to the same page with other cookies, it asks again. */
  async askAgain(path: string, cookies: Cookies, sent: Sent = {}): Promise<Response> {
    const first = await this.ask(path, cookies, sent);
    if (first.status !== 307 || first.headers.get('location') !== path) return first;
    return this.ask(path, { ...cookies, ...setCookies(first) }, sent);
  }

  /** How often sessions were refreshed so far, by outcome. */
  async refreshes(): Promise<Readonly<Record<string, number>>> {
    const lines = (await this.app.metrics()).matchAll(/^troth_refreshes_total\{outcome="(\w+)"\} (\d+)/gm);
    return Object.fromEntries([...lines].map(([, outcome = '', count]) => [outcome, Number(count)]));
  }

  #record({ method, url = '', headers }: IncomingMessage): void {
    if (url.startsWith('/.well-known/') || url.startsWith('/dev/')) return;
    const forwardedFor = headers['x-forwarded-for'];
    // Helpers of the tests ask the API as well, but not for others.
    if (forwardedFor === undefined) return;
    this.#calls.push({ line: `${method} ${url}`, forwardedFor: String(forwardedFor) });
  }
}

/** The cookies of a session that is as good as new. */
export function cookiesOf({ session }: TestUser): Cookies {
  return { [ACCESS]: session.tokens.access_token, [REFRESH]: session.tokens.refresh_token };
}

/** The same, whose access token is over: only whoever uses it would verify it. */
export function staleCookiesOf(user: TestUser): Cookies {
  const [head, claims = '', signature] = user.session.tokens.access_token.split('.');
  const content = JSON.parse(Buffer.from(claims, 'base64url').toString()) as object;
  const over = Buffer.from(JSON.stringify({ ...content, exp: 1 })).toString('base64url');
  return { ...cookiesOf(user), [ACCESS]: `${head}.${over}.${signature}` };
}

/** The cookies that an answer gives. */
export const setCookies = (answer: Response): Cookies =>
  Object.fromEntries(answer.headers.getSetCookie().map((field) => /^([^=]+)=([^;]*)/.exec(field)?.slice(1) ?? []));

/** The cookies that a browser holds now. */
export async function cookiesIn({ page }: Visit): Promise<Cookies> {
  return Object.fromEntries((await page.context().cookies()).map(({ name, value }) => [name, value]));
}

/** Tests of the application in a browser. Without its packages they are left out, loudly; in CI they fail instead. */
export function describeWeb(
  part: string,
  tests: (web: TestWeb) => void,
  settings: Readonly<Record<string, string>> = {},
): void {
  if (!hasPackages() && process.env.CI === 'true') {
    test(part, () => {
      throw new Error(NO_PACKAGES);
    });
    return;
  }
  if (!hasPackages()) {
    process.stderr.write(`\nLEFT OUT: ${part}. ${NO_PACKAGES}\n\n`);
    test.skip(part, () => undefined);
    return;
  }
  describeInBrowser(part, (browser) => {
    const web = new TestWeb(browser);
    beforeAll(() => web.start(settings), 300_000);
    afterAll(() => web.stop());
    tests(web);
  });
}

import { TestClaimant } from './claimant.ts';
import { decodeJwt } from './jwt.ts';
import type { Answer, Ask, TestApp } from './test-app.ts';

/** The origin of the pages that tests let call the API with cookies. */
export const WEB_ORIGIN = 'https://app.example.com';

/** The names of the cookies that tokens are kept in. */
export const ACCESS = '__Host-troth-access';
/** As above. */
export const REFRESH = '__Host-troth-refresh';
/** As above. */
export const DEVICE = '__Host-troth-device';

/** A page of the web application in a browser that keeps cookies, as `fetch` with credentials sees the API. */
export class TestPage {
  readonly cookies = new Map<string, string>();

  constructor(
    private readonly app: TestApp,
    private readonly origin = WEB_ORIGIN,
  ) {}

  /** Logs in with cookies, on a page that may have some already; throws when that is refused. */
  static async of(app: TestApp, { email, password }: TestClaimant, page = new TestPage(app)): Promise<TestPage> {
    const answer = await page.askForCookies('/v1/sessions', { body: { email, password } });
    if (answer.status !== 201) throw new Error(`the log-in was answered ${answer.status}: ${answer.text}`);
    return page;
  }

  /** The session that the access token is of. */
  get sessionId(): string {
    return String(decodeJwt(this.cookies.get(ACCESS) ?? '').sid);
  }

  /** These cookies as a Cookie header; all of them without a name. */
  cookieHeader(...names: readonly string[]): string {
    const kept = [...this.cookies].filter(([name]) => names.length === 0 || names.includes(name));
    return kept.map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** A request as a browser sends it: with cookies, Origin and Sec-Fetch-Site. Cookies of the answer are kept. */
  async ask(path: string, { headers, ...ask }: Ask = {}): Promise<Answer> {
    const cookies = this.cookies.size === 0 ? {} : { cookie: this.cookieHeader() };
    const answer = await this.app.ask(path, {
      ...ask,
      headers: { origin: this.origin, 'sec-fetch-site': 'same-site', ...cookies, ...headers },
    });
    for (const field of answer.headers.getSetCookie()) this.#keep(field);
    return answer;
  }

  /** The same, asking for tokens in cookies. */
  askForCookies(path: string, ask: Ask = {}): Promise<Answer> {
    return this.ask(path, { ...ask, headers: { 'troth-transport': 'cookie', ...ask.headers } });
  }

  #keep(field: string): void {
    const [, name = '', value = '', seconds] = /^([^=]+)=([^;]*); Max-Age=(\d+);/.exec(field) ?? [];
    if (seconds === '0') this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

/** What a refusal says: its status, its code, and how many cookies it sets. */
export function refusalOf({ status, body, headers }: Answer): readonly [number, unknown, number] {
  return [status, (body as { code?: unknown } | undefined)?.code, headers.getSetCookie().length];
}

let people = 0;

/** Somebody with an account. */
export async function somebody(app: TestApp): Promise<TestClaimant> {
  const claimant = new TestClaimant(app, `somebody${++people}@example.com`);
  const answer = await claimant.becomeActive();
  if (answer.status !== 200) throw new Error(`the activation was answered ${answer.status}: ${answer.text}`);
  return claimant;
}

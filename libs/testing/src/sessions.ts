import type { TestClaimant } from './claimant.ts';
import type { Answer, Ask, TestApp } from './test-app.ts';

/** The tokens of an answer. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly session_id: string;
  readonly device_token: string;
}

/** Somebody's session on one device, as an application holds it. */
export class TestSession {
  constructor(
    private readonly app: TestApp,
    public tokens: Tokens,
  ) {}

  /** Logs in; throws when that is refused. */
  static async of(
    app: TestApp,
    claimant: TestClaimant,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<TestSession> {
    const answer = await claimant.logIn(more);
    if (answer.status !== 201) throw new Error(`the log-in was answered ${answer.status}: ${answer.text}`);
    return new TestSession(app, answer.body as Tokens);
  }

  get id(): string {
    return this.tokens.session_id;
  }

  /** A request with the access token. */
  ask(path: string, { headers, ...ask }: Ask = {}): Promise<Answer> {
    return this.app.ask(path, { ...ask, headers: { authorization: `Bearer ${this.tokens.access_token}`, ...headers } });
  }

  /** A request for new tokens, which are not taken over: their answer may be lost. */
  refresh(token = this.tokens.refresh_token, ask: Ask = {}): Promise<Answer> {
    return this.app.ask('/v1/sessions/refresh', { ...ask, body: { refresh_token: token } });
  }

  /** Refreshes and takes the new tokens over; throws when that is refused. */
  async renew(): Promise<void> {
    const answer = await this.refresh();
    if (answer.status !== 200) throw new Error(`the refresh was answered ${answer.status}: ${answer.text}`);
    this.tokens = { ...this.tokens, ...(answer.body as Tokens) };
  }

  /** Whether the access token still opens anything. */
  async isAlive(): Promise<boolean> {
    return (await this.ask('/v1/me')).status === 200;
  }
}

import { problemOf, TrothProblem } from './problem.ts';
import { REFRESH_PATH } from './retry.ts';
import type { components } from './schema.ts';
import { hasEnded, type KeptTokens, leewaySecondsOf, type Tokens, tokensOf } from './tokens.ts';

const ENDS_SESSION: ReadonlySet<string> = new Set(['invalid-refresh-token', 'session-revoked']);

/** Whether a refresh was refused for good. After any other failure, and without an answer, the session may be as good as before. */
export function endsSession(error: unknown): error is TrothProblem {
  return error instanceof TrothProblem && ENDS_SESSION.has(error.code);
}

/** What keeps a session fresh. */
export interface Keeping {
  /** Where the API is. */
  readonly baseUrl: string;
  readonly kept: KeptTokens;
  /** Sends a request and reads the whole answer, in a time that has an end. */
  readonly send: (request: Request) => Promise<Response>;
  /** Seconds before its end at which an access token is refreshed, at most. */
  readonly leewaySeconds: number;
  readonly onSessionEnd: (problem: TrothProblem) => void;
}

/** Keeps the tokens of one session fresh. Of any number of calls that need it at once, one refreshes. */
export class SessionKeeper {
  readonly #refreshes = new Map<string, Promise<Tokens | undefined>>();

  constructor(private readonly keeping: Keeping) {}

  /** Tokens that are good for a while; undefined: nobody is logged in, or the session has ended meanwhile. */
  async fresh(): Promise<Tokens | undefined> {
    const tokens = await this.keeping.kept.read();
    if (tokens === undefined || !this.#isDue(tokens)) return tokens;
    try {
      return await this.#refreshed(tokens);
    } catch (error) {
      if (hasEnded(tokens)) throw error;
      return tokens;
    }
  }

  /** Tokens of the same session in the place of those that were refused; undefined: there are none. */
  async insteadOf(refused: Tokens): Promise<Tokens | undefined> {
    const now = await this.keeping.kept.read();
    if (now?.sessionId !== refused.sessionId) return undefined;
    return now.accessToken === refused.accessToken ? this.#refreshed(now) : now;
  }

  /** Forgets a session that the service has ended, unless another one was opened meanwhile. */
  end({ sessionId }: Tokens, problem: TrothProblem): Promise<void> {
    return this.#forget(problem, (kept) => kept.sessionId === sessionId);
  }

  /** Forgets the session, and then has the service end it. Rejects when nobody can tell whether it did. */
  async logOut(): Promise<void> {
    const tokens = await this.keeping.kept.take();
    if (tokens === undefined || (!hasEnded(tokens) && (await this.#isEnded(tokens)))) return;
    // The access token opens nothing any more, but the refresh token opens another one.
    const renewed = await this.#refreshOnce(tokens);
    if (renewed !== undefined) await this.#isEnded(renewed);
  }

  #isDue({ expiresAt, lifeSeconds }: Tokens): boolean {
    return expiresAt - Date.now() <= leewaySecondsOf(lifeSeconds, this.keeping.leewaySeconds) * 1_000;
  }

  /** What is kept of the session after a refresh: it may have been changed meanwhile, and another one is none of its business. */
  async #refreshed(tokens: Tokens): Promise<Tokens | undefined> {
    await this.#refreshOnce(tokens);
    const now = await this.keeping.kept.read();
    return now?.sessionId === tokens.sessionId ? now : undefined;
  }

  #refreshOnce({ refreshToken }: Tokens): Promise<Tokens | undefined> {
    const running = this.#refreshes.get(refreshToken);
    if (running !== undefined) return running;
    const refresh = this.#refresh(refreshToken).finally(() => this.#refreshes.delete(refreshToken));
    this.#refreshes.set(refreshToken, refresh);
    return refresh;
  }

  /** New tokens, which are kept if those that were shown still are; undefined: the session is over. */
  async #refresh(refreshToken: string): Promise<Tokens | undefined> {
    try {
      const issued = await this.#ask(refreshToken).catch((error: unknown) => {
        if (error instanceof TrothProblem && error.status >= 400) throw error;
        // The answer was lost, or another one came in its place: the same token again is answered with the same tokens.
        return this.#ask(refreshToken);
      });
      await this.keeping.kept.change((kept) => (kept?.refreshToken === refreshToken ? issued : kept));
      return issued;
    } catch (error) {
      if (!endsSession(error)) throw error;
      await this.#forget(error, (kept) => kept.refreshToken === refreshToken);
      return undefined;
    }
  }

  async #ask(refreshToken: string): Promise<Tokens> {
    const response = await this.keeping.send(
      new Request(`${this.keeping.baseUrl}${REFRESH_PATH}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refresh_token: refreshToken }),
      }),
    );
    if (!response.ok) throw await problemOf(response);
    try {
      return tokensOf((await response.json()) as components['schemas']['TokenResponse']);
    } catch {
      throw new TrothProblem(response);
    }
  }

  /** Has the service end a session; false: its access token is not good any more. */
  async #isEnded({ accessToken }: Tokens): Promise<boolean> {
    const response = await this.keeping.send(
      new Request(`${this.keeping.baseUrl}/v1/sessions/current`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${accessToken}` },
      }),
    );
    if (response.ok) return true;
    const problem = await problemOf(response);
    if (problem.status !== 401) throw problem;
    return problem.code === 'session-revoked';
  }

  async #forget(problem: TrothProblem, isMeant: (kept: Tokens) => boolean): Promise<void> {
    const { kept, onSessionEnd } = this.keeping;
    if (await kept.change((tokens) => (tokens !== undefined && isMeant(tokens) ? undefined : tokens)))
      onSessionEnd(problem);
  }
}

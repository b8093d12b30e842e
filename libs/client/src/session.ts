import { problemOf, type TrothProblem } from './problem.ts';
import { REFRESH_PATH } from './retry.ts';
import type { components } from './schema.ts';
import { tokensOf, type Tokens, type TokenStore } from './tokens.ts';

/** Refusals of a refresh after which the session cannot come back. Any other failure, and no answer, leaves it as it is. */
const ENDS_SESSION: ReadonlySet<string> = new Set(['invalid-refresh-token', 'session-revoked', 'account-suspended']);

/** Keeps the tokens of one session fresh. Of any number of calls that need it at once, one refreshes. */
export class SessionKeeper {
  readonly #refreshes = new Map<string, Promise<Tokens | undefined>>();

  constructor(
    private readonly baseUrl: string,
    private readonly store: TokenStore,
    private readonly send: (request: Request) => Promise<Response>,
    private readonly leewaySeconds: number,
    private readonly onSessionEnd: (problem: TrothProblem) => void,
  ) {}

  /** An access token that is good for a while; undefined: nobody is logged in, or the session has just ended. */
  async accessToken(): Promise<string | undefined> {
    const tokens = await this.store.read();
    if (tokens === undefined || tokens.expiresAt - Date.now() > this.leewaySeconds * 1_000) return tokens?.accessToken;
    return (await this.#refreshOnce(tokens))?.accessToken;
  }

  /** Another access token in the place of one that was refused; undefined: there is none. */
  async insteadOf(refused: string): Promise<string | undefined> {
    const tokens = await this.store.read();
    if (tokens?.accessToken !== refused) return tokens?.accessToken;
    return (await this.#refreshOnce(tokens))?.accessToken;
  }

  /** Forgets a session that the service has ended, unless another one was opened meanwhile. */
  async end(accessToken: string, problem: TrothProblem): Promise<void> {
    if ((await this.store.read())?.accessToken !== accessToken) return;
    await this.store.write(undefined);
    this.onSessionEnd(problem);
  }

  #refreshOnce(tokens: Tokens): Promise<Tokens | undefined> {
    const { refreshToken } = tokens;
    const running = this.#refreshes.get(refreshToken);
    if (running !== undefined) return running;
    const refresh = this.#refresh(tokens).finally(() => this.#refreshes.delete(refreshToken));
    this.#refreshes.set(refreshToken, refresh);
    return refresh;
  }

  async #refresh({ accessToken, refreshToken }: Tokens): Promise<Tokens | undefined> {
    const ask = (): Promise<Response> =>
      this.send(
        new Request(`${this.baseUrl}${REFRESH_PATH}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ refresh_token: refreshToken }),
        }),
      );
    // The answer may have been lost: the same token again is answered with the same tokens.
    const response = await ask().catch(ask);
    if (response.ok) {
      const tokens = tokensOf((await response.json()) as components['schemas']['TokenResponse']);
      await this.store.write(tokens);
      return tokens;
    }
    const problem = await problemOf(response);
    if (!ENDS_SESSION.has(problem.code)) throw problem;
    await this.end(accessToken, problem);
    return undefined;
  }
}

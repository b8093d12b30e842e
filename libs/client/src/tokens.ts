import type { components } from './schema.ts';

/** The tokens of a session. Whoever holds them is the user: keep them where no other program reads. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly sessionId: string;
  /** When the access token ends, in milliseconds since 1970 by this device's clock. */
  readonly expiresAt: number;
  /** Seconds that the access token was good for when it came; absent: nobody knows. */
  readonly lifeSeconds?: number;
}

/** Where an application keeps the tokens: the keychain of a phone, cookies of a server, a variable. */
export interface TokenStore {
  /** Undefined: nobody is logged in. */
  read(): Tokens | undefined | Promise<Tokens | undefined>;
  /** Undefined: the session is over. Resolves when they are kept: what is lost after that may end the session. */
  write(tokens: Tokens | undefined): void | Promise<void>;
}

/** Keeps tokens for as long as the program runs. */
export function memoryTokens(tokens?: Tokens): TokenStore {
  let kept = tokens;
  return {
    read: () => kept,
    write: (given) => {
      kept = given;
    },
  };
}

/** The tokens of an answer. Throws when they went to cookies, as with `Troth-Transport: cookie`. */
export function tokensOf(answer: components['schemas']['TokenResponse']): Tokens {
  const { access_token: accessToken, refresh_token: refreshToken, session_id: sessionId, expires_in: seconds } = answer;
  if (accessToken === undefined || refreshToken === undefined) throw new Error('the answer holds no tokens');
  return { accessToken, refreshToken, sessionId, ...lifeOf(seconds) };
}

/** When an access token ends that has just come and is good for so many seconds. */
export function lifeOf(lifeSeconds: number): Pick<Tokens, 'expiresAt'> & { readonly lifeSeconds: number } {
  return { expiresAt: Date.now() + lifeSeconds * 1_000, lifeSeconds };
}

/** Whether an access token has ended. */
export function hasEnded({ expiresAt }: Tokens): boolean {
  return expiresAt <= Date.now();
}

/** Seconds before its end at which an access token ought to be refreshed: half of its life, and no more than `most`. */
export function leewaySecondsOf(lifeSeconds: number | undefined, most = 30): number {
  return lifeSeconds === undefined ? most : Math.min(most, lifeSeconds / 2);
}

/** A store whose changes are made one after another: between the look and the writing of one there is no other. */
export class KeptTokens {
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly store: TokenStore) {}

  async read(): Promise<Tokens | undefined> {
    return this.store.read();
  }

  /** Keeps tokens, whatever was there. */
  replace(tokens: Tokens): Promise<void> {
    return this.#inTurn(async () => this.store.write(tokens));
  }

  /** Keeps what `change` makes of the tokens that are kept. Resolves to whether that is anything else. */
  change(change: (kept: Tokens | undefined) => Tokens | undefined): Promise<boolean> {
    return this.#inTurn(async () => {
      const kept = await this.store.read();
      const next = change(kept);
      if (next !== kept) await this.store.write(next);
      return next !== kept;
    });
  }

  /** Forgets the tokens, also those that cannot be read, and resolves to what they were. */
  take(): Promise<Tokens | undefined> {
    return this.#inTurn(async () => {
      try {
        return await this.store.read();
      } finally {
        await this.store.write(undefined);
      }
    });
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

import type { components } from './schema.ts';

/** The tokens of a session. Whoever holds them is the user: keep them where no other program reads. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly sessionId: string;
  /** When the access token ends, in milliseconds since 1970 by this device's clock. */
  readonly expiresAt: number;
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
  return { accessToken, refreshToken, sessionId, expiresAt: Date.now() + seconds * 1_000 };
}

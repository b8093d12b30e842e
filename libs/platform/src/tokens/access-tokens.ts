import { randomBytes } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { JwtSecretRequestType, JwtService } from '@nestjs/jwt';

import type { OpenedSession } from '#data/session';

import { Config } from '../config/config.ts';
import { Generations } from '../memory/generations.ts';
import { hasLowS, withLowS } from './low-s.ts';
import { SigningKeys } from './signing-keys.ts';
import { numericDate, tokenParts } from './token-text.ts';

/** How many verified tokens a process remembers at most, twice over: some 15 MB. */
const REMEMBERED = 5_000;

/** What an access token says (RFC 9068, 2.2), once its signature is right. Its times are judged by the database's clock. */
export interface AccessClaims {
  /** The account. */
  readonly sub: string;
  /** The session. */
  readonly sid: string;
  /** Begins with the generation that the token was issued with. */
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  /** When the user was authenticated last, in seconds since 1970. */
  readonly auth_time: number;
  readonly amr: readonly string[];
  readonly roles: readonly string[];
}

interface VerifiedToken {
  readonly text: string;
  /** Its first part, which names the key. */
  readonly header: string;
  readonly claims: AccessClaims;
}

/** A moment at which a token is issued, by the database's clock. */
export interface Issue {
  readonly at: Date;
  readonly authenticatedAt: Date;
}

/** Signs access tokens, and verifies them without asking anyone. */
@Injectable()
export class AccessTokens {
  readonly #jwt: JwtService;
  readonly #issuer: string;
  readonly #audience: string;
  readonly #seconds: number;
  // A client shows one token many times, and a signature stays right: verifying it costs more than all else the guard does.
  readonly #verified = new Generations<VerifiedToken>(REMEMBERED);

  constructor(
    config: Config,
    private readonly keys: SigningKeys,
  ) {
    this.#issuer = config.publicUrl;
    this.#audience = config.accessTokenAudience;
    this.#seconds = config.accessTokenSeconds;
    this.#jwt = new JwtService({
      secretOrKeyProvider: (kind, token) => {
        if (kind === JwtSecretRequestType.SIGN) return keys.current.privateKey;
        const key = typeof token === 'string' ? keys.publicKey(headerOf(token)) : undefined;
        if (!key) throw new Error('no key of this name');
        return key;
      },
    });
  }

  /** Seconds a token is good for. */
  get seconds(): number {
    return this.#seconds;
  }

  /** A token for a session; it names no one. */
  sign(session: OpenedSession, { at, authenticatedAt }: Issue): string {
    const iat = numericDate(at);
    const token = this.#jwt.sign(
      {
        iss: this.#issuer,
        aud: this.#audience,
        sub: session.accountId,
        sid: session.sessionId,
        jti: `${session.generation}.${randomBytes(12).toString('base64url')}`,
        iat,
        exp: iat + this.#seconds,
        auth_time: numericDate(authenticatedAt),
        amr: session.amr,
        roles: session.roles,
      },
      { algorithm: 'ES256', header: { alg: 'ES256', typ: 'at+jwt', kid: this.keys.current.kid } },
    );
    const end = token.lastIndexOf('.') + 1;
    return (
      token.slice(0, end) + Buffer.from(withLowS(Buffer.from(token.slice(end), 'base64url'))).toString('base64url')
    );
  }

  /** What a text says if it is a token of ours, of this issuer and audience; undefined for anything else (RFC 8725). */
  async verify(text: string): Promise<AccessClaims | undefined> {
    // A signature alone is a short key, which says nothing of the text before it: that has to be the same too.
    const signature = text.slice(text.lastIndexOf('.') + 1);
    const remembered = this.#verified.get(signature);
    const isTheSame = remembered?.text === text && this.#hasKey(remembered.header);
    const token = isTheSame ? remembered : await this.#judge(text);
    if (token) this.#verified.put(signature, token);
    return token?.claims;
  }

  // A key may go at any time, and all its tokens with it.
  #hasKey(header: string): boolean {
    return this.keys.publicKey(header) !== undefined;
  }

  async #judge(text: string): Promise<VerifiedToken | undefined> {
    const parts = tokenParts(text);
    if (!parts || !hasLowS(Buffer.from(parts.signature, 'base64url'))) return undefined;
    const header = headerOf(text);
    if (!this.#hasKey(header)) {
      await this.keys.lookAgain();
      if (!this.#hasKey(header)) return undefined;
    }
    try {
      const claims = this.#jwt.verify<AccessClaims>(text, {
        algorithms: ['ES256'],
        issuer: this.#issuer,
        audience: this.#audience,
        ignoreExpiration: true,
        ignoreNotBefore: true,
      });
      return isWhole(claims) ? { text, header, claims } : undefined;
    } catch {
      return undefined;
    }
  }
}

function headerOf(token: string): string {
  return token.slice(0, token.indexOf('.'));
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** Whether it says what the guard relies on: a key that signs is no reason to ask the database for what is no id. */
function isWhole({ sub, sid, jti, exp, auth_time }: AccessClaims): boolean {
  const ids: readonly unknown[] = [sub, sid];
  return (
    ids.every((id) => typeof id === 'string' && UUID.test(id)) &&
    /^\d+\./.test(jti) &&
    [exp, auth_time].every(Number.isSafeInteger)
  );
}

/** The generation that an access token was issued with. */
export function generationOf({ jti }: AccessClaims): number {
  return Number(jti.slice(0, jti.indexOf('.')));
}

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

import type { Database, Sql } from '#data/database';
import { addSigningKey, listSigningKeys, type SigningKeyRow } from '#data/signing-key';

import type { KeyRing } from '../keys/key-ring.ts';
import { headerText } from './token-text.ts';

/** How long verifiers have to see a new key before it signs: they may keep the set for 300 s, replicas look each minute. */
export const KEY_NOTICE_SECONDS = 600;
/** The `typ` of an access token (RFC 9068, 2.1). */
const ACCESS_TYPE = 'at+jwt';
/** A token of an unknown key makes us look for new ones, but no flood of them makes us look more often than this. */
const LOOK_AGAIN_MS = 5_000;

/** A public key as others see it (RFC 7517). */
export interface PublicJwk {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'ES256';
}

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** The keys of access tokens. They live in the database, so that every replica signs and verifies with the same ones. */
export class SigningKeys {
  #signing: SigningKey | undefined;
  #publicByHeader = new Map<string, KeyObject>();
  #jwks: readonly PublicJwk[] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
  ) {}

  /** Reads the keys; the first process of all makes one. */
  async load(): Promise<void> {
    let rows = await listSigningKeys(this.db.sql);
    if (rows.length === 0) {
      // Of processes that begin at once, those that come second find the first one's key younger than this.
      await makeSigningKey(this.db.sql, this.keys, KEY_NOTICE_SECONDS);
      rows = await listSigningKeys(this.db.sql);
    }
    this.#take(rows);
  }

  /** The key that signs now. */
  get current(): SigningKey {
    if (!this.#signing) throw new Error('no key signs access tokens');
    return this.#signing;
  }

  /** Public keys, for whoever verifies. */
  get jwks(): readonly PublicJwk[] {
    return this.#jwks;
  }

  /** The key that the first part of a token names, if the token is of our kind and algorithm. */
  publicKey(header: string): KeyObject | undefined {
    return this.#publicByHeader.get(header);
  }

  /** Looks for new keys, once for all who ask, unless it did so a moment ago: another replica may sign with one already. */
  async lookAgain(): Promise<void> {
    if (!this.#looking && performance.now() - this.#lookedAt < LOOK_AGAIN_MS) return;
    this.#looking ??= this.load().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  #take(rows: readonly SigningKeyRow[]): void {
    this.#lookedAt = performance.now();
    const current = rows.filter(({ signs }) => signs).at(-1);
    const sealed = current && this.keys.openSigningKey(current.keyId, current.sealed);
    if (!current || !sealed)
      throw new Error('No secret of this process opens the key that signs access tokens: see TROTH_SECRETS_PREVIOUS.');
    this.#signing = {
      kid: current.kid,
      privateKey: createPrivateKey({ key: sealed, format: 'der', type: 'pkcs8' }),
    };
    this.#jwks = rows.map(({ publicJwk }) => JSON.parse(publicJwk) as PublicJwk);
    this.#publicByHeader = new Map(
      this.#jwks.map((jwk) => [
        headerText('ES256', ACCESS_TYPE, jwk.kid),
        createPublicKey({ key: { ...jwk }, format: 'jwk' }),
      ]),
    );
  }
}

/** Makes a key unless the newest one is younger than that; resolves to its id, or to nothing. */
export async function makeSigningKey(sql: Sql, keys: KeyRing, leastAgeSeconds: number): Promise<string | undefined> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicJwkOf(publicKey);
  const added = await addSigningKey(sql, {
    kid: jwk.kid,
    publicJwk: JSON.stringify(jwk),
    ...keys.sealSigningKey(privateKey.export({ format: 'der', type: 'pkcs8' })),
    leastAgeSeconds,
    noticeSeconds: KEY_NOTICE_SECONDS,
  });
  return added ? jwk.kid : undefined;
}

/** A public key as others see it; the thumbprint of RFC 7638 names it. */
export function publicJwkOf(publicKey: KeyObject): PublicJwk {
  const { kty = '', crv = '', x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  return { kty, crv, x, y, kid, use: 'sig', alg: 'ES256' };
}

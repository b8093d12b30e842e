import type { KeyObject } from 'node:crypto';

import { JwtSecretRequestType, JwtService } from '@nestjs/jwt';

import type { NamedKey } from '../keys/key-ring.ts';
import { headerText, tokenParts } from './token-text.ts';

/** Tokens of one kind that nobody but this service reads or verifies: HS256 with a key derived from TROTH_SECRET. */
export class OwnTokens<Claims extends object> {
  readonly #jwt: JwtService;
  readonly #byHeader: ReadonlyMap<string, KeyObject>;
  readonly #kid: string;

  /** The first key signs; `typ` names the kind (RFC 8725, 3.11). */
  constructor(
    private readonly typ: string,
    keys: readonly [NamedKey, ...NamedKey[]],
  ) {
    this.#kid = keys[0].keyId;
    this.#byHeader = new Map(keys.map(({ keyId, key }) => [headerText('HS256', typ, keyId), key]));
    this.#jwt = new JwtService({
      secretOrKeyProvider: (kind, token) => {
        const header = kind === JwtSecretRequestType.SIGN ? headerText('HS256', typ, this.#kid) : headOf(token);
        const key = this.#byHeader.get(header);
        if (!key) throw new Error('no key of this name');
        return key;
      },
    });
  }

  /** The same claims make the same text. They hold their own times. */
  sign(claims: Claims & { readonly iat: number; readonly exp: number }): string {
    return this.#jwt.sign(claims, { algorithm: 'HS256', header: { alg: 'HS256', typ: this.typ, kid: this.#kid } });
  }

  /** The claims of a token of this kind that this service signed, however old; undefined for any other text. */
  open(text: string): (Claims & { readonly exp: number }) | undefined {
    const parts = tokenParts(text);
    if (!parts || !this.#byHeader.has(parts.header)) return undefined;
    try {
      return this.#jwt.verify<Claims & { readonly exp: number }>(text, {
        algorithms: ['HS256'],
        ignoreExpiration: true,
        ignoreNotBefore: true,
      });
    } catch {
      return undefined;
    }
  }
}

function headOf(token: string | object | Buffer): string {
  return typeof token === 'string' ? token.slice(0, token.indexOf('.')) : '';
}

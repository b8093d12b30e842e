import { randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';

import type { AccountTokenPurpose } from '#domain/account-token';
import { codeFromMac } from '#domain/code';
import type { Secret } from '#domain/secret';

import { accountTokenIsRight, accountTokenText, type AccountTokenText } from './account-token.ts';
import { KEY_ID_BYTES, openNamed, sealNamed } from './named-seal.ts';
import { macOfParts, open, seal, SecretKeys, type KeyPurpose } from './secret-keys.ts';

const DAY_BYTES = 4;
const MAC_BYTES = 32;
const SUBJECT_KEY_BYTES = 32;
const OWNER_TOKEN_BYTES = KEY_ID_BYTES + DAY_BYTES + MAC_BYTES + MAC_BYTES;
const OWNER_TOKEN = /^[A-Za-z0-9_-]{96}$/;

/** To whom a letter goes and in which language. */
export interface Recipient {
  readonly email: string;
  /** The language tag the recipient asked for; null: none. */
  readonly locale: string | null;
}

/** What an owner token says once its MAC is found right. Whether its day is recent is the database's to say. */
export interface OpenedOwnerToken {
  readonly addressKey: Uint8Array;
  /** Day of issue, in days since 1970. */
  readonly day: number;
}

/** A key for MACs, and which secret it comes from. */
export interface NamedKey {
  readonly keyId: string;
  readonly key: KeyObject;
}

/** Personal details of audit events, as JSON before they are sealed. */
export type AuditDetails = Readonly<Record<string, string>>;

/**
 * Everything that is derived, sealed or signed. New values use the current secret; values made under a previous one
 * stay valid. The key of address HMACs, from which that of idempotency comes, is random and outlives every secret.
 */
export class KeyRing {
  readonly #keys: readonly [SecretKeys, ...SecretKeys[]];
  readonly #addressKey: Uint8Array;
  readonly #idempotencyKey: Uint8Array;

  constructor(secret: Secret, previous: readonly Secret[], addressKey: Uint8Array) {
    this.#keys = [new SecretKeys(secret), ...previous.map((former) => new SecretKeys(former))];
    this.#addressKey = addressKey;
    this.#idempotencyKey = macOfParts(addressKey, ['idempotency']);
  }

  /** Names the secret that new values are made with. */
  get currentKeyId(): string {
    return this.#keys[0].id;
  }

  /** What the database knows an address by where it must not hold it. */
  addressKey(email: string): Buffer {
    return macOfParts(this.#addressKey, ['address', email]);
  }

  /** Truth 2: the code of a claim. It is derived anew each time and rests nowhere. Undefined: the key is gone. */
  registrationCode(claimId: string, email: string, length: number, keyId: string): string | undefined {
    const keys = this.#byId(keyId);
    return keys && codeFromMac(keys.mac('registration-code', claimId, email), length);
  }

  /** Compares without telling by its duration how much of the code is right. */
  codeIsRight(code: string, claimId: string, email: string, length: number, keyId: string): boolean {
    const expected = this.registrationCode(claimId, email, length, keyId);
    return (
      expected !== undefined && code.length === length && timingSafeEqual(Buffer.from(code), Buffer.from(expected))
    );
  }

  /** Truth 7: proves, from the day of issue on and without a row, that its bearer reads the mail of the address. */
  ownerToken(addressKey: Uint8Array, day: number): string {
    const head = Buffer.alloc(KEY_ID_BYTES + DAY_BYTES);
    head.write(this.#keys[0].id, 'hex');
    head.writeUInt32BE(day, KEY_ID_BYTES);
    const mac = this.#keys[0].mac('owner-token', head, addressKey);
    return Buffer.concat([head, addressKey, mac]).toString('base64url');
  }

  /** The content of an owner token that this service made; undefined for any other text. */
  openOwnerToken(token: string): OpenedOwnerToken | undefined {
    if (!OWNER_TOKEN.test(token)) return undefined;
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== OWNER_TOKEN_BYTES || bytes.toString('base64url') !== token) return undefined;
    const head = bytes.subarray(0, KEY_ID_BYTES + DAY_BYTES);
    const addressKey = bytes.subarray(head.length, head.length + MAC_BYTES);
    const keys = this.#byId(head.subarray(0, KEY_ID_BYTES).toString('hex'));
    if (!keys || !timingSafeEqual(keys.mac('owner-token', head, addressKey), bytes.subarray(-MAC_BYTES)))
      return undefined;
    return { addressKey, day: head.readUInt32BE(KEY_ID_BYTES) };
  }

  /** The day of issue of an owner token of this very address; undefined when it is absent, foreign or forged. */
  ownerTokenDay(token: string | undefined, addressKey: Uint8Array): number | undefined {
    const opened = token === undefined ? undefined : this.openOwnerToken(token);
    return opened && timingSafeEqual(opened.addressKey, addressKey) ? opened.day : undefined;
  }

  /** The token in the link of a letter to an account, for the row that it stands for. It rests nowhere. */
  accountToken(purpose: AccountTokenPurpose, tokenId: string, accountId: string): string {
    return accountTokenText(this.#keys[0], purpose, tokenId, accountId);
  }

  /** Whether this service made the token, for this purpose and account. Whether its row is still there, the database tells. */
  accountTokenIsRight(purpose: AccountTokenPurpose, token: AccountTokenText, accountId: string): boolean {
    const keys = this.#byId(token.keyId);
    return keys !== undefined && accountTokenIsRight(keys, purpose, token, accountId);
  }

  /** Recipient and locale of a letter, so that the outbox holds no address. */
  sealEnvelope(recipient: Recipient): Buffer {
    return this.#seal('envelope', JSON.stringify([recipient.email, recipient.locale]));
  }

  /** Undefined when no secret of this process opens it. */
  openEnvelope(envelope: Uint8Array): Recipient | undefined {
    const plain = this.#open('envelope', envelope);
    if (plain === undefined) return undefined;
    const [email, locale] = JSON.parse(plain.toString('utf8')) as [string, string | null];
    return { email, locale };
  }

  /** A fresh key for the audit details of one subject, wrapped so that it can stand in the subject's row. */
  wrapNewSubjectKey(): Buffer {
    return this.#seal('audit-subject', randomBytes(SUBJECT_KEY_BYTES));
  }

  /** A fresh key and the first details that are sealed with it. */
  sealNewSubject(details: AuditDetails): { readonly wrappedKey: Buffer; readonly sealedDetails: Buffer } {
    const key = randomBytes(SUBJECT_KEY_BYTES);
    return { wrappedKey: this.#seal('audit-subject', key), sealedDetails: seal(key, detailBytes(details)) };
  }

  /** Details that die with the subject's key. Undefined when the wrapped key does not open. */
  sealAuditDetails(wrappedKey: Uint8Array, details: AuditDetails): Buffer | undefined {
    const key = this.#open('audit-subject', wrappedKey);
    return key && seal(key, detailBytes(details));
  }

  /** The reverse of `sealAuditDetails`; undefined when key and details do not belong together. */
  openAuditDetails(wrappedKey: Uint8Array, sealed: Uint8Array): AuditDetails | undefined {
    const key = this.#open('audit-subject', wrappedKey);
    const plain = key && open(key, sealed);
    return plain && (JSON.parse(plain.toString('utf8')) as AuditDetails);
  }

  /** Stable bytes that nobody outside can foretell: what an unknown address is given in place of a stored value. */
  standIn(kind: string, email: string): Buffer {
    return this.#keys[0].mac('stand-in', kind, email);
  }

  /** The same as an id: no row has it. */
  standInId(kind: string, name: string): string {
    const hex = this.standIn(kind, name).subarray(0, 16).toString('hex');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  /** The keys of a kind of token: the first one signs, the others were of former secrets. */
  hmacKeys(purpose: 'refresh-token' | 'device-token'): readonly [NamedKey, ...NamedKey[]] {
    const named = (keys: SecretKeys): NamedKey => ({ keyId: keys.id, key: keys.hmacKey(purpose) });
    const [current, ...former] = this.#keys;
    return [named(current), ...former.map(named)];
  }

  /** The private part of a signing key, sealed, and which secret sealed it. */
  sealSigningKey(plain: Uint8Array): { readonly keyId: string; readonly sealed: Buffer } {
    return { keyId: this.currentKeyId, sealed: this.#keys[0].seal('sealed-key', plain) };
  }

  /** The reverse of `sealSigningKey`; undefined when no secret of this process sealed it, or it was changed. */
  openSigningKey(keyId: string, sealed: Uint8Array): Buffer | undefined {
    return this.#byId(keyId)?.open('sealed-key', sealed);
  }

  /** What failed log-ins are counted by, without holding it: an address, a name, a source, a device, a session. */
  budgetKey(...parts: readonly string[]): Buffer {
    return macOfParts(this.#addressKey, ['log-in', ...parts]);
  }

  /** Names a request without holding it, by a key that outlives every secret: a retry is known after a rotation too. */
  idempotencyMac(...parts: readonly string[]): Buffer {
    return macOfParts(this.#idempotencyKey, parts);
  }

  #byId(keyId: string): SecretKeys | undefined {
    return this.#keys.find((keys) => keys.id === keyId);
  }

  #seal(purpose: KeyPurpose, plain: string | Uint8Array): Buffer {
    return sealNamed(this.#keys[0], purpose, Buffer.from(plain));
  }

  #open(purpose: KeyPurpose, sealed: Uint8Array): Buffer | undefined {
    return openNamed(this.#keys, purpose, sealed);
  }
}

function detailBytes(details: AuditDetails): Buffer {
  return Buffer.from(JSON.stringify(details));
}

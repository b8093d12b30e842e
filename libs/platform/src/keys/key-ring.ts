import { randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';

import type { AccountTokenPurpose } from '#domain/account-token';
import { codeFromMac } from '#domain/code';
import { EMAIL_CHANGE } from '#domain/email-change';
import type { Secret } from '#domain/secret';

import { accountTokenIsRight, accountTokenText, type AccountTokenText } from './account-token.ts';
import { cursorText, openCursor } from './cursor.ts';
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
  /** What the letter is to say, where no row is left that tells. */
  readonly note?: string;
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

/** What a MAC of the audit chain proves: that this service sealed a batch, or dropped all batches up to one. */
export type AuditProof = 'audit-batch' | 'audit-checkpoint';

/** An Idempotency-Key as the database keeps it; null: there was none. */
export interface Idempotency {
  readonly idempotencyScope: Buffer | null;
  readonly fingerprint: Buffer | null;
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
    return isSame(code, this.registrationCode(claimId, email, length, keyId));
  }

  /** Truth 2: the code of a change of address, like that of a claim. Undefined: the key is gone. */
  emailChangeCode(changeId: string, email: string, keyId: string): string | undefined {
    const keys = this.#byId(keyId);
    return keys && codeFromMac(keys.mac('email-change-code', changeId, email), EMAIL_CHANGE.codeLength);
  }

  /** Compares like `codeIsRight`. */
  emailChangeCodeIsRight(code: string, changeId: string, email: string, keyId: string): boolean {
    return isSame(code, this.emailChangeCode(changeId, email, keyId));
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

  /** The place behind an entry of a list, for whoever wants the next page of it. */
  cursor(list: string, entryId: string): string {
    return cursorText(this.#keys[0], list, entryId);
  }

  /** The entry that a cursor of this list stands behind; undefined for any text that this service did not make for it. */
  openCursor(list: string, text: string): string | undefined {
    return openCursor((id) => this.#byId(id), list, text);
  }

  /** Recipient, locale and note of a letter, so that the outbox holds nothing of them. */
  sealEnvelope({ email, locale, note }: Recipient): Buffer {
    return this.#seal('envelope', JSON.stringify(note === undefined ? [email, locale] : [email, locale, note]));
  }

  /** Undefined when no secret of this process opens it. */
  openEnvelope(envelope: Uint8Array): Recipient | undefined {
    const plain = this.#open('envelope', envelope);
    if (plain === undefined) return undefined;
    const [email, locale, note] = JSON.parse(plain.toString('utf8')) as [string, string | null, string?];
    return note === undefined ? { email, locale } : { email, locale, note };
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

  /** An address that stands in a row of an account, and dies with its key. Undefined when the wrapped key does not open. */
  sealAddress(wrappedKey: Uint8Array, address: string): Buffer | undefined {
    return this.sealAuditDetails(wrappedKey, { address });
  }

  /** The reverse of `sealAddress`; undefined when key and address do not belong together. */
  openAddress(wrappedKey: Uint8Array, sealed: Uint8Array): string | undefined {
    return this.openAuditDetails(wrappedKey, sealed)?.address;
  }

  /** Proves that this service vouched for the hash. The key stands in no database. */
  auditMac(proof: AuditProof, hash: Uint8Array): { readonly keyId: string; readonly mac: Buffer } {
    return { keyId: this.currentKeyId, mac: this.#keys[0].mac(proof, hash) };
  }

  /** Whether it did; `unknown` when no secret of this process is the one that the MAC names. */
  judgeAuditMac(
    proof: AuditProof,
    hash: Uint8Array,
    { keyId, mac }: { readonly keyId: string; readonly mac: Uint8Array },
  ): 'right' | 'wrong' | 'unknown' {
    const keys = this.#byId(keyId);
    if (!keys) return 'unknown';
    const expected = keys.mac(proof, hash);
    return mac.length === expected.length && timingSafeEqual(expected, mac) ? 'right' : 'wrong';
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

  /** What is counted of an account, without holding its id. */
  accountKey(accountId: string): Buffer {
    return macOfParts(this.#addressKey, ['account', accountId]);
  }

  /** What failed log-ins are counted by, without holding it: an address, a name, a source, a device, a session. */
  budgetKey(...parts: readonly string[]): Buffer {
    return macOfParts(this.#addressKey, ['log-in', ...parts]);
  }

  /** What failed log-ins under a name are counted by: from wherever they come, and from one source. */
  loginBudgets(name: string, source: string): { readonly addressBudget: Buffer; readonly sourceBudget: Buffer } {
    return { addressBudget: this.budgetKey('address', name), sourceBudget: this.budgetKey('source', name, source) };
  }

  /** Names a request without holding it, by a key that outlives every secret: a retry is known after a rotation too. */
  idempotencyMac(...parts: readonly string[]): Buffer {
    return macOfParts(this.#idempotencyKey, parts);
  }

  /**
   * What an Idempotency-Key is kept as, for who sends it to which route. The fingerprint of the body has to leave out
   * what nobody may guess from it.
   */
  idempotency(
    key: string | undefined,
    [who, method, route]: readonly [string, string, string],
    body: unknown,
  ): Idempotency {
    if (key === undefined) return { idempotencyScope: null, fingerprint: null };
    return {
      idempotencyScope: this.idempotencyMac('scope', who, method, route, key),
      fingerprint: this.idempotencyMac('body', JSON.stringify(body)),
    };
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

function isSame(code: string, expected: string | undefined): boolean {
  return code.length === expected?.length && timingSafeEqual(Buffer.from(code), Buffer.from(expected));
}

function detailBytes(details: AuditDetails): Buffer {
  return Buffer.from(JSON.stringify(details));
}

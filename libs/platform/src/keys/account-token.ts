import { timingSafeEqual } from 'node:crypto';

import type { AccountTokenPurpose } from '#domain/account-token';

import { KEY_ID_BYTES } from './named-seal.ts';
import type { SecretKeys } from './secret-keys.ts';

const ID_BYTES = 16;
const MAC_BYTES = 32;
/** Key id and id of 20 bytes, a dot, and a MAC of 32: both in base64url. */
const TOKEN = /^([A-Za-z0-9_-]{27})\.([A-Za-z0-9_-]{43})$/;

/** What a token in a link says before anybody knows whether it is right. */
export interface AccountTokenText {
  /** The row it stands for. */
  readonly tokenId: string;
  readonly keyId: string;
  readonly mac: Uint8Array;
}

/** The token of a row, derived anew each time: `id.mac`. */
export function accountTokenText(
  keys: SecretKeys,
  purpose: AccountTokenPurpose,
  tokenId: string,
  accountId: string,
): string {
  const head = Buffer.concat([Buffer.from(keys.id, 'hex'), bytesOf(tokenId)]);
  const mac = keys.mac('account-token', purpose, bytesOf(tokenId), bytesOf(accountId));
  return `${head.toString('base64url')}.${mac.toString('base64url')}`;
}

/** The parts of a text that has the form of a token; undefined for any other, and for another spelling of one. */
export function readAccountToken(text: string): AccountTokenText | undefined {
  const [, head = '', tail = ''] = TOKEN.exec(text) ?? [];
  const [named, mac] = [Buffer.from(head, 'base64url'), Buffer.from(tail, 'base64url')];
  if (named.length !== KEY_ID_BYTES + ID_BYTES || mac.length !== MAC_BYTES) return undefined;
  if (`${named.toString('base64url')}.${mac.toString('base64url')}` !== text) return undefined;
  return { keyId: named.subarray(0, KEY_ID_BYTES).toString('hex'), tokenId: uuidOf(named.subarray(KEY_ID_BYTES)), mac };
}

/** Whether the MAC of a token is that of this purpose and account. */
export function accountTokenIsRight(
  keys: SecretKeys,
  purpose: AccountTokenPurpose,
  { tokenId, mac }: AccountTokenText,
  accountId: string,
): boolean {
  return timingSafeEqual(keys.mac('account-token', purpose, bytesOf(tokenId), bytesOf(accountId)), mac);
}

function bytesOf(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

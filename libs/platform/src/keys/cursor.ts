import { timingSafeEqual } from 'node:crypto';

import { KEY_ID_BYTES } from './named-seal.ts';
import type { SecretKeys } from './secret-keys.ts';

const ID_BYTES = 16;
const MAC_BYTES = 16;
/** Key id, id and MAC: 36 bytes in base64url. */
const CURSOR = /^[A-Za-z0-9_-]{48}$/;

/** The place behind an entry (a UUID) of a list. Nobody can make one up, or take one from list to list. */
export function cursorText(keys: SecretKeys, list: string, entryId: string): string {
  const id = Buffer.from(entryId.replaceAll('-', ''), 'hex');
  return Buffer.concat([Buffer.from(keys.id, 'hex'), id, macOf(keys, list, id)]).toString('base64url');
}

/** The id of the entry; undefined for any text that `cursorText` did not make for this list. */
export function openCursor(
  keysOf: (keyId: string) => SecretKeys | undefined,
  list: string,
  text: string,
): string | undefined {
  if (!CURSOR.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  const keys = keysOf(bytes.subarray(0, KEY_ID_BYTES).toString('hex'));
  const id = bytes.subarray(KEY_ID_BYTES, KEY_ID_BYTES + ID_BYTES);
  if (!keys || !timingSafeEqual(macOf(keys, list, id), bytes.subarray(-MAC_BYTES))) return undefined;
  return id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function macOf(keys: SecretKeys, list: string, id: Uint8Array): Buffer {
  return keys.mac('cursor', list, id).subarray(0, MAC_BYTES);
}

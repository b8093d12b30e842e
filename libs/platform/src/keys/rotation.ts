import { setTimeout as pause } from 'node:timers/promises';

import { listSubjectKeys, replaceSubjectKeys, type RewrappedKey, type SubjectKey } from '#data/audit-subject';
import type { Sql } from '#data/database';
import { listSealedKeys } from '#data/sealed-key';
import type { Secret } from '#domain/secret';

import { auditKeyIds, renewAuditMacs, type RenewedMacs } from '../audit/renew-macs.ts';
import { KeyRing } from './key-ring.ts';
import { keyIdOf, openNamed, sealNamed } from './named-seal.ts';
import { listSealedSigningKeys, resealKeys } from './sealed-keys.ts';
import { SecretKeys } from './secret-keys.ts';

/** Keys that one statement replaces at most, so that it holds no lock for long. */
const BATCH = 500;
const BATCHES_A_LINE = 10;
/** Each pass finds what the one before had to leave; after so many, somebody goes on writing. */
const MOST_PASSES = 10;
const PAUSE_MS = 200;

/** Keys cannot be sealed anew. The message says what to do. */
export class RotationRefused extends Error {}

/** What to rotate to, and who hears of it. */
export interface RotationOptions {
  /** What everything is to be sealed with. */
  readonly secret: Secret;
  readonly previous: readonly Secret[];
  /** Key ids of secrets that are lost: what was sealed with them stays unreadable, and MACs are not looked at. */
  readonly lost: readonly string[];
  readonly say: (line: string) => void;
}

/** What was done. */
export interface Rotation {
  /** Purposes of the keys at rest that were sealed anew. */
  readonly purposes: readonly string[];
  /** How many keys of audit details were. */
  readonly subjects: number;
  /** How many of them do not open although their secret is known: they were changed at rest. */
  readonly broken: number;
  /** Batches of audit events, whose MACs were made anew. */
  readonly batches: RenewedMacs;
}

/**
 * Seals every key in the database with the current secret: the keys at rest, and the key of each subject's audit
 * details. May run while the service does, be killed, and run again: whatever is done stays done. Refuses, before it
 * changes anything, when a secret is missing.
 */
export async function rotateKeys(sql: Sql, options: RotationOptions): Promise<Rotation> {
  const [current, ...former] = [options.secret, ...options.previous].map((secret) => new SecretKeys(secret));
  if (!current) throw new RotationRefused('There is no secret.');
  await refuseMissing(sql, [current, ...former], options.lost);
  const purposes = await resealKeys(sql, options.secret, options.previous);
  const subjects = await rewrapAll(sql, current, former, options.say);
  // Of the ring, only what comes from secrets is needed.
  const ring = new KeyRing(options.secret, options.previous, new Uint8Array());
  return { purposes, ...subjects, batches: await renewAuditMacs(sql, ring, options.lost) };
}

async function refuseMissing(sql: Sql, known: readonly SecretKeys[], lost: readonly string[]): Promise<void> {
  const atRest = [...(await listSealedKeys(sql)), ...(await listSealedSigningKeys(sql))];
  const missing = atRest.filter(({ keyId }) => !known.some(({ id }) => id === keyId));
  const faults = missing.map(({ purpose, keyId }) => `the key for "${purpose}" (key id ${keyId})`);
  const ids = new Set([...known.map(({ id }) => id), ...lost]);
  const strange = new Map<string, number>();
  for await (const page of pages(sql))
    for (const id of page.map(({ wrappedKey }) => keyIdOf(wrappedKey)).filter((one) => !ids.has(one)))
      strange.set(id, (strange.get(id) ?? 0) + 1);
  faults.push(...[...strange].map(([id, count]) => `${count} keys of audit details (key id ${id})`));
  for (const [id, count] of await auditKeyIds(sql)) {
    if (ids.has(id)) continue;
    faults.push(`${count} batches of audit events (key id ${id})`);
    strange.set(id, count);
  }
  if (faults.length === 0) return;
  throw new RotationRefused(
    `Sealed with a secret that is neither TROTH_SECRET nor in TROTH_SECRETS_PREVIOUS: ${faults.join(', ')}. ` +
      'Add it to TROTH_SECRETS_PREVIOUS. Nothing was changed.' +
      (strange.size > 0
        ? ` If it is lost, --lost=${[...strange.keys()].join(',')} leaves these details unreadable, and takes these batches as they are.`
        : ''),
  );
}

async function rewrapAll(
  sql: Sql,
  current: SecretKeys,
  former: readonly SecretKeys[],
  say: RotationOptions['say'],
): Promise<{ subjects: number; broken: number }> {
  let subjects = 0;
  for (let pass = 1; pass <= MOST_PASSES; pass++) {
    const done = (rows: number): void => say(`keys of audit details sealed anew: ${subjects + rows}`);
    const seen = await rewrapOnce(sql, current, former, done);
    subjects += seen.replaced;
    if (seen.replaced === 0 && seen.passedOver === 0) return { subjects, broken: seen.broken };
    await pause(PAUSE_MS);
  }
  throw new RotationRefused(
    `${subjects} keys of audit details were sealed anew, and still there are others: a process goes on with a former ` +
      'secret as its TROTH_SECRET, or holds them locked. Restart it with the new one, then run this again.',
  );
}

/** Goes once through all subjects, and tells of its work every few batches. */
async function rewrapOnce(
  sql: Sql,
  current: SecretKeys,
  former: readonly SecretKeys[],
  done: (rows: number) => void,
): Promise<{ replaced: number; passedOver: number; broken: number }> {
  const formerIds = new Set(former.map(({ id }) => id).filter((id) => id !== current.id));
  const seen = { replaced: 0, passedOver: 0, broken: 0 };
  let batches = 0;
  for await (const page of pages(sql)) {
    const due = page.filter(({ wrappedKey }) => formerIds.has(keyIdOf(wrappedKey)));
    const anew = due.map((key) => rewrapped(key, current, former)).filter((key) => key !== undefined);
    const replaced = anew.length === 0 ? 0 : await replaceSubjectKeys(sql, anew);
    seen.replaced += replaced;
    seen.passedOver += anew.length - replaced;
    seen.broken += due.length - anew.length;
    if (replaced > 0 && ++batches % BATCHES_A_LINE === 0) done(seen.replaced);
  }
  return seen;
}

function rewrapped(
  { subjectId, wrappedKey }: SubjectKey,
  current: SecretKeys,
  former: readonly SecretKeys[],
): RewrappedKey | undefined {
  const plain = openNamed(former, 'audit-subject', wrappedKey);
  return plain && { subjectId, formerKey: wrappedKey, wrappedKey: sealNamed(current, 'audit-subject', plain) };
}

/** All subject keys that stay where they are while it runs, a page at a time. */
async function* pages(sql: Sql): AsyncGenerator<readonly SubjectKey[]> {
  let last: string | undefined;
  do {
    const page = await listSubjectKeys(sql, last, BATCH);
    if (page.length > 0) yield page;
    last = page.length === BATCH ? page.at(-1)?.subjectId : undefined;
  } while (last !== undefined);
}

import type { Sql } from '#data/database';
import type { NeededSettings } from '#platform/config/config';
import type { KeyRing } from '#platform/keys/key-ring';
import { loadKeyRing, SealedKeyUnreadable } from '#platform/keys/sealed-keys';

import { CommandRefused } from './command.ts';

/** The key ring that the settings give; refused in a line when they do not open the keys in the database. */
export async function keyRingOf(
  sql: Sql,
  needed: NeededSettings<'TROTH_SECRET' | 'TROTH_SECRETS_PREVIOUS'>,
): Promise<KeyRing> {
  try {
    return await loadKeyRing(sql, needed.TROTH_SECRET, needed.TROTH_SECRETS_PREVIOUS);
  } catch (error) {
    throw error instanceof SealedKeyUnreadable ? new CommandRefused(error.message) : error;
  }
}

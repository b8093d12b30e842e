import type { Sql } from './database.ts';

/**
 * Mutes letters of registration for `days` (0 unmutes). Changes nothing when the token's day of issue is too old: to
 * unmute it may be older, by as long as a mute lasts.
 */
export async function muteRegistration(
  sql: Sql,
  addressKey: Uint8Array,
  ownerTokenDay: number,
  days: number,
): Promise<void> {
  await sql<{ muted: boolean }[]>`
    select mute_registration(${addressKey}::bytea, ${ownerTokenDay}::int, ${days}::int) as muted -- not null: every path returns one
  `;
}

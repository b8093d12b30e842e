import { randomUUID } from 'node:crypto';

import type { TestDatabase } from './fresh-database.ts';

async function late<Result>(turns: number, run: () => Promise<Result>): Promise<Result> {
  for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
  return run();
}

/** Runs all of them at once, in another order each time, some of them a moment late, and tells what each came to. */
export async function race<Outcome>(
  acts: Readonly<Record<string, () => Promise<Outcome>>>,
): Promise<Record<string, Outcome>> {
  const shuffled = Object.entries(acts)
    .map(([name, run]) => [Math.random(), name, run] as const)
    .sort(([a], [b]) => a - b);
  const turns = (): number => Math.floor(Math.random() * 5);
  const outcomes = await Promise.all(shuffled.map(async ([, name, run]) => [name, await late(turns(), run)] as const));
  return Object.fromEntries(outcomes);
}

/** Both acts at once, now the one a moment late, now the other. */
export async function raceInTurn<A, B>(round: number, one: () => Promise<A>, other: () => Promise<B>): Promise<[A, B]> {
  if (round % 2 === 0) return Promise.all([one(), late(round % 5, other)]);
  const [second, first] = await Promise.all([other(), late(round % 5, one)]);
  return [first, second];
}

/** The id of a link token of an account, as a letter would bring it. */
export async function linkTokenOf(
  { owner }: TestDatabase,
  accountId: string,
  purpose: 'password_reset' | 'not_me',
): Promise<string> {
  const tokenId = randomUUID();
  await owner`
    insert into account_token (id, account_id, purpose, expires_at)
    values (${tokenId}::uuid, ${accountId}::uuid, ${purpose}, clock_timestamp() + interval '30 minutes')`;
  return tokenId;
}

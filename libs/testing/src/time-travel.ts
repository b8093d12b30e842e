import type { TestDatabase } from './fresh-database.ts';

/**
 * Makes an address and its claim as old as if everything had happened so many seconds earlier; rows of the outbox keep
 * their times. The machine's trigger would refuse it, rightly: so it is off for this one update.
 */
export function age(db: TestDatabase, email: string, seconds: number): Promise<void> {
  return ageWhere(db, email, seconds);
}

/** The same for every address there is. */
export function ageAll(db: TestDatabase, seconds: number): Promise<void> {
  return ageWhere(db, null, seconds);
}

async function ageWhere({ owner }: TestDatabase, email: string | null, seconds: number): Promise<void> {
  await owner`alter table address disable trigger trust_move_is_listed`;
  await owner`
    update address
       set moved_at = moved_at - make_interval(secs => ${seconds}::int),
           claimed_at = claimed_at - make_interval(secs => ${seconds}::int),
           letter_at = letter_at - make_interval(secs => ${seconds}::int),
           expires_at = expires_at - make_interval(secs => ${seconds}::int),
           replayable_until = replayable_until - make_interval(secs => ${seconds}::int)
     where email = coalesce(${email}, email)`;
  await owner`alter table address enable trigger trust_move_is_listed`;
}

/** Lets the claim of an address end in so many milliseconds, and its last letter be old enough for another one. */
export async function endIn({ owner }: TestDatabase, email: string, milliseconds: number): Promise<void> {
  await owner`alter table address disable trigger trust_move_is_listed`;
  await owner`
    update address
       set letter_at = letter_at - interval '1 minute',
           expires_at = clock_timestamp() + make_interval(secs => ${milliseconds / 1000}::float8)
     where email = ${email}`;
  await owner`alter table address enable trigger trust_move_is_listed`;
}

/** Puts the windows of every quota so many seconds further into the past. */
export async function ageQuotas({ owner }: TestDatabase, seconds: number): Promise<void> {
  await owner`
    update address_quota
       set hour_started_at = hour_started_at - make_interval(secs => ${seconds}::int),
           day_started_at = day_started_at - make_interval(secs => ${seconds}::int)`;
}

/** Puts the clock of the application off by so many milliseconds; timers run on. `jest.useRealTimers()` ends it. */
export function setClock(millisecondsOff: number): void {
  const timers = [
    'setTimeout',
    'setInterval',
    'setImmediate',
    'clearTimeout',
    'clearInterval',
    'clearImmediate',
  ] as const;
  const others = ['nextTick', 'queueMicrotask', 'hrtime', 'performance'] as const;
  jest.useFakeTimers({ doNotFake: [...timers, ...others], now: Date.now() + millisecondsOff, advanceTimers: true });
}

/** Makes a session as old as if everything had happened so many seconds earlier. */
export async function ageSession({ owner }: TestDatabase, sessionId: string, seconds: number): Promise<void> {
  await owner`
    update session
       set created_at = created_at - make_interval(secs => ${seconds}::int),
           rotated_at = rotated_at - make_interval(secs => ${seconds}::int),
           last_seen_at = last_seen_at - make_interval(secs => ${seconds}::int),
           authenticated_at = authenticated_at - make_interval(secs => ${seconds}::int),
           ends_at = ends_at - make_interval(secs => ${seconds}::int)
     where id = ${sessionId}::uuid`;
}

/** Lets the tokens of links to the account of an address be as old as if they had been made so many seconds earlier. */
export async function ageLinks({ owner }: TestDatabase, email: string, seconds: number): Promise<void> {
  await owner`
    update account_token set expires_at = expires_at - make_interval(secs => ${seconds}::int)
     where account_id = (select account_id from address where email = ${email})`;
}

/** Lets the change of address of an account be as old as if it had been asked for so many seconds earlier. */
export async function ageEmailChange({ owner }: TestDatabase, accountId: string, seconds: number): Promise<void> {
  await owner`
    update email_change set expires_at = expires_at - make_interval(secs => ${seconds}::int)
     where account_id = ${accountId}::uuid`;
}

import type { Sql } from './database.ts';
import { isOpened } from './opened.ts';
import type { OpenedSession } from './session.ts';

/** What is known of a claimant before the password is hashed. */
export interface Claimant {
  readonly claimId: string;
  /** Which key derives the code. */
  readonly keyId: string;
  readonly codeLength: number;
  /** Salt and parameters of the stored password, as the head of its PHC text; null when none is stored. */
  readonly recipe: string | null;
  /** Language tag for the letters. */
  readonly locale: string | null;
  /** The key of the audit details of this claim, wrapped. */
  readonly wrappedKey: Uint8Array;
}

/** The claim that an address remembers: being proven, overdue, or activated less than 60 s ago. Absent: none. */
export async function findClaimant(sql: Sql, email: string): Promise<Claimant | undefined> {
  const [claimant] = await sql<Claimant[]>`
    select address.claim_id as "claimId", -- not null: the where clause
           address.claim_key_id as "keyId", -- not null: stands with the claim id
           address.code_length as "codeLength", -- not null: stands with the claim id
           vault.password_recipe(address.claim_id, address.account_id) as recipe,
           address.locale,
           audit_subject.wrapped_key as "wrappedKey"
      from address
      join audit_subject on audit_subject.id = address.subject_id
     where address.email = ${email} and address.claim_id is not null
  `;
  return claimant;
}

/** A registration with everything that is made before the database is asked. */
export interface Registration {
  readonly email: string;
  readonly addressKey: Uint8Array;
  /** The password's Argon2id hash in PHC form. */
  readonly phc: string;
  readonly username: string | null;
  readonly locale: string | null;
  /** Day of issue of a valid owner token of this address, in days since 1970; null: none was presented. */
  readonly ownerTokenDay: number | null;
  readonly claimSeconds: number;
  /** Eight digits always. */
  readonly strict: boolean;
  readonly keyId: string;
  readonly wrappedKey: Uint8Array;
  readonly sealedDetails: Uint8Array | null;
  readonly envelope: Uint8Array;
  readonly requestId: string;
  readonly idempotencyScope: Uint8Array | null;
  readonly fingerprint: Uint8Array | null;
}

/** How a registration ended. All but `conflict` are answered alike. */
export type RegistrationOutcome =
  'claimed' | 'superseded' | 'already_claimed' | 'notified' | 'muted' | 'over_quota' | 'replay' | 'conflict';

/** Truth 1: one address, one live claim. Counts quota, mute, ledger and breaker; writes claim, letter and audit event. */
export async function register(sql: Sql, it: Registration): Promise<RegistrationOutcome> {
  const [row] = await sql<{ outcome: RegistrationOutcome }[]>`
    select register(
      ${it.email}, ${it.addressKey}::bytea, ${it.phc}, ${it.username}, ${it.locale}, ${it.ownerTokenDay}::int,
      ${it.claimSeconds}::int, ${it.strict}::boolean, ${it.keyId}, ${it.wrappedKey}::bytea, ${it.sealedDetails}::bytea,
      ${it.envelope}::bytea, ${it.requestId}, ${it.idempotencyScope}::bytea, ${it.fingerprint}::bytea) as outcome -- not null: every path returns one
  `;
  return onlyRow(row).outcome;
}

/** An activation with the password hashed and the code compared. */
export interface ActivationAttempt {
  readonly email: string;
  readonly addressKey: Uint8Array;
  readonly claimId: string;
  readonly phc: string;
  readonly codeIsRight: boolean;
  readonly requestId: string;
  readonly sealedDetails: Uint8Array | null;
  /** Whether the activation opens a session; a replay never does. */
  readonly createsSession: boolean;
  readonly deviceName: string | null;
}

/** The account of an activation, as the answer shows it. */
export interface ActivatedAccount {
  readonly accountId: string;
  readonly username: string | null;
  readonly displayName: string | null;
  /** Calendar day, `YYYY-MM-DD`. */
  readonly birthdate: string | null;
  readonly locale: string | null;
  readonly roles: readonly string[];
  readonly mfaEnabled: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface ActivationRow {
  readonly outcome: string;
  readonly accountId: string | null;
  readonly username: string | null;
  readonly displayName: string | null;
  readonly birthdate: string | null;
  readonly locale: string | null;
  readonly roles: readonly string[] | null;
  readonly mfaEnabled: boolean | null;
  readonly createdAt: Date | null;
  readonly updatedAt: Date | null;
  readonly sessionId: string | null;
  readonly generation: number | null;
  readonly issuedAt: Date | null;
  readonly refreshUntil: Date | null;
  readonly authenticatedAt: Date | null;
  readonly amr: readonly string[] | null;
  readonly deviceVersion: number | null;
}

/** `account` is there exactly when the attempt succeeded; `outcome` is for logs and metrics. */
export interface Activation {
  readonly outcome: string;
  readonly account?: ActivatedAccount;
  readonly session?: OpenedSession & { readonly deviceVersion: number };
}

/** Truths 3, 4, 8 and 11: decides under the row's lock, by the database's clock, and counts the strike. */
export async function activateClaim(sql: Sql, it: ActivationAttempt): Promise<Activation> {
  const [row] = await sql<ActivationRow[]>`
    select outcome, -- not null: every path returns one
           account_id as "accountId",
           username,
           display_name as "displayName",
           birthdate,
           locale,
           roles,
           mfa_enabled as "mfaEnabled",
           created_at as "createdAt",
           updated_at as "updatedAt",
           (session).session_id as "sessionId",
           (session).generation as generation,
           (session).issued_at as "issuedAt",
           (session).refresh_until as "refreshUntil",
           (session).authenticated_at as "authenticatedAt",
           (session).amr as amr,
           (session).device_version as "deviceVersion"
      from activate_claim(
        ${it.email}, ${it.addressKey}::bytea, ${it.claimId}::uuid, ${it.phc}, ${it.codeIsRight}::boolean,
        ${it.requestId}, ${it.sealedDetails}::bytea, ${it.createsSession}::boolean, ${it.deviceName})
  `;
  return activationOf(onlyRow(row));
}

function activationOf(row: ActivationRow): Activation {
  const { outcome, accountId, roles, mfaEnabled, createdAt, updatedAt } = row;
  if (accountId === null || roles === null || mfaEnabled === null || createdAt === null || updatedAt === null)
    return { outcome };
  const { username, displayName, birthdate, locale } = row;
  const account = { accountId, username, displayName, birthdate, locale, roles, mfaEnabled, createdAt, updatedAt };
  const { sessionId, generation, issuedAt, refreshUntil, authenticatedAt, amr, deviceVersion } = row;
  const session = { sessionId, generation, issuedAt, refreshUntil, authenticatedAt, amr, deviceVersion };
  return isOpened(session) ? { outcome, account, session: { ...session, accountId, roles } } : { outcome, account };
}

/** A resend with the password hashed. */
export interface ResendAttempt {
  readonly email: string;
  readonly addressKey: Uint8Array;
  readonly claimId: string;
  readonly phc: string;
  readonly envelope: Uint8Array;
  readonly claimSeconds: number;
  readonly resends: number;
  readonly gapSeconds: number;
}

/** Writes the letter with the same code again and prolongs the claim, within its bounds. The outcome is for metrics. */
export async function resendCode(sql: Sql, it: ResendAttempt): Promise<string> {
  const [row] = await sql<{ outcome: string }[]>`
    select resend_code(
      ${it.email}, ${it.addressKey}::bytea, ${it.claimId}::uuid, ${it.phc}, ${it.envelope}::bytea,
      ${it.claimSeconds}::int, ${it.resends}::int, ${it.gapSeconds}::int) as outcome -- not null: every path returns one
  `;
  return onlyRow(row).outcome;
}

/** A withdrawal with the password hashed. */
export interface Withdrawal {
  readonly email: string;
  readonly addressKey: Uint8Array;
  readonly claimId: string;
  readonly phc: string;
  readonly requestId: string;
}

/** Gives the address back at the claimant's wish. The outcome is for metrics. */
export async function withdrawClaim(sql: Sql, it: Withdrawal): Promise<string> {
  const [row] = await sql<{ outcome: string }[]>`
    select withdraw_claim(
      ${it.email}, ${it.addressKey}::bytea, ${it.claimId}::uuid, ${it.phc}, ${it.requestId}) as outcome -- not null: every path returns one
  `;
  return onlyRow(row).outcome;
}

function onlyRow<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('a function call returned no row');
  return row;
}

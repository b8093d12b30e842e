import { eventually } from './eventually.ts';
import type { TestDatabase } from './fresh-database.ts';

/** What the database holds of an address. */
export interface AddressRow {
  readonly state: string;
  readonly claimId: string | null;
  readonly codeLength: number | null;
  readonly strikes: number | null;
  readonly resends: number | null;
  readonly secondsLeft: number | null;
  readonly accountId: string | null;
  /** Whether a password of the claim is stored. */
  readonly hasClaimPassword: boolean;
}

/** The row of an address; undefined when it is AVAILABLE. */
export async function addressRow({ owner }: TestDatabase, email: string): Promise<AddressRow | undefined> {
  const [row] = await owner<AddressRow[]>`
    select state, claim_id as "claimId", code_length as "codeLength", strikes, resends,
           extract(epoch from expires_at - clock_timestamp())::float8 as "secondsLeft", account_id as "accountId",
           exists (select from vault.claim_password where claim_password.claim_id = address.claim_id) as "hasClaimPassword"
      from address where email = ${email}`;
  return row;
}

/** How many rows each table holds that a claim can leave behind. */
export async function leftovers({ owner }: TestDatabase): Promise<Readonly<Record<string, number>>> {
  const [row] = await owner<Record<string, number>[]>`
    select (select count(*) from address)::int as addresses,
           (select count(*) from account)::int as accounts,
           (select count(*) from vault.claim_password)::int as "claimPasswords",
           (select count(*) from vault.account_password)::int as "accountPasswords",
           (select count(*) from audit_subject)::int as subjects,
           (select count(*) from letter)::int as letters`;
  if (!row) throw new Error('no row');
  return row;
}

/** The same once no letter waits: those of people who had to be made before leave in their own time. */
export function settledLeftovers(db: TestDatabase): Promise<Readonly<Record<string, number>>> {
  return eventually(async () => {
    const found = await leftovers(db);
    return found.letters === 0 ? found : undefined;
  });
}

/** The security events of the database, oldest first. */
export async function events({ owner }: TestDatabase): Promise<readonly string[]> {
  const rows = await owner<{ event: string }[]>`select event from audit_event order by occurred_at, id`;
  return rows.map(({ event }) => event);
}

import type { Sql } from './database.ts';

/** As whom a connection speaks. */
export interface ConnectionDescription {
  readonly user: string;
  readonly isSuperuser: boolean;
  /** Whether the user may change or drop the tables. */
  readonly ownsSchema: boolean;
}

/** Tells what the connection's role may do beyond what the application needs. */
export async function describeConnection(sql: Sql): Promise<ConnectionDescription> {
  const [row] = await sql<ConnectionDescription[]>`
    select current_user::text as "user", -- not null
           rolsuper as "isSuperuser", -- not null
           coalesce(pg_has_role(current_user, relowner, 'member'), false) as "ownsSchema" -- not null: coalesced
      from pg_roles
      left join pg_class on pg_class.oid = to_regclass('public.address')
     where rolname = current_user
  `;
  if (row === undefined) throw new Error('the connection has no role');
  return row;
}

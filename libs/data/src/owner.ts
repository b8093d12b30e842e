import type { Sql } from './database.ts';

/** What a user and a database are to `troth_owner`, to whom everything that migrations make has to belong. */
export interface OwnerDescription {
  /** Who logged in. */
  readonly user: string;
  readonly isSuperuser: boolean;
  /** Whether the three roles of `db/roles.sql` are there. */
  readonly hasRoles: boolean;
  /** Whether the user is `troth_owner`, a member of it, or a superuser. */
  readonly mayBeOwner: boolean;
  /** Whether `troth_owner` may make in this database what migrations make. */
  readonly isPrepared: boolean;
  /** To whom the table of migrations belongs, when it is there and not `troth_owner`'s. */
  readonly strayOwner: string | null;
}

/** Tells whether migrations can run as `troth_owner`, and if not, why. */
export async function describeOwner(sql: Sql): Promise<OwnerDescription> {
  const [row] = await sql<OwnerDescription[]>`
    select session_user::text as "user", -- not null
           login.rolsuper as "isSuperuser", -- not null
           num_nulls(role.owner, role.app, role.vault) = 0 as "hasRoles", -- not null: a count
           coalesce(pg_has_role(session_user, role.owner, 'member'), false) as "mayBeOwner", -- not null: coalesced
           coalesce(has_database_privilege(role.owner, current_database(), 'create')
             and has_schema_privilege(role.owner, to_regnamespace('public')::oid, 'create')
             and pg_has_role(role.owner, role.vault, 'member'), false) as "isPrepared", -- not null: coalesced
           (select relowner::regrole::text from pg_class
             where pg_class.oid = to_regclass('public.schema_migration') and relowner <> role.owner) as "strayOwner"
      from pg_roles as login
     cross join (select to_regrole('troth_owner')::oid as owner, to_regrole('troth_app')::oid as app,
                        to_regrole('troth_vault')::oid as vault) as role
     where login.rolname = session_user
  `;
  if (row === undefined) throw new Error('the connection has no role');
  return row;
}

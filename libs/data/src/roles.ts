import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { againIfChangedAtOnce } from './changed-at-once.ts';
import { Database, type Sql, type Transaction } from './database.ts';
import { describeOwner } from './owner.ts';

/** Where the roles are written down, seen from the folder the process runs in. */
const ROLES_FILE = path.join('db', 'roles.sql');

// PostgreSQL refuses two changes of one role at once, in whichever databases they are made: they take turns.
const TAKE_TURN = 'lock table pg_catalog.pg_authid in share row exclusive mode';

/** Passwords of the two roles that log in. */
export interface RolePasswords {
  readonly owner: string;
  readonly app: string;
}

/** The text of `db/roles.sql`, for whoever has to run it by hand. */
export function rolesText(): Promise<string> {
  return readFile(ROLES_FILE, 'utf8');
}

/**
 * Makes the roles of `db/roles.sql` and gives them passwords. Needs a superuser's URL on the database Troth is to use.
 * Any number of processes may call it at once. Rejects with StatementFailed 42501 when the user may not.
 */
export async function ensureRoles(superuserUrl: string, passwords?: RolePasswords): Promise<void> {
  await onDatabase(superuserUrl, (database) => makeRoles(database, passwords));
}

/**
 * Does the same, without passwords, if the URL is a superuser's, and nothing otherwise. Resolves to the roles that are
 * to log in and have no password; to none when the user may not know.
 */
export async function ensureRolesIfSuperuser(url: string): Promise<readonly string[]> {
  return onDatabase(url, async (database) => {
    if (!(await describeOwner(database.sql)).isSuperuser) return [];
    await makeRoles(database);
    return rolesWithoutPassword(database.sql);
  });
}

function makeRoles(database: Database, passwords?: RolePasswords): Promise<void> {
  return againIfChangedAtOnce(() => makeRolesOnce(database, passwords));
}

async function makeRolesOnce(database: Database, passwords?: RolePasswords): Promise<void> {
  const text = await rolesText();
  await database.transaction(async (turn) => {
    await turn.script(TAKE_TURN);
    await turn.script(text);
    if (passwords === undefined) return;
    await setPassword(turn, 'troth_owner', passwords.owner);
    await setPassword(turn, 'troth_app', passwords.app);
  });
}

// A role's password is a literal of the grammar and cannot be a parameter: PostgreSQL quotes it itself.
async function setPassword(turn: Transaction, role: string, password: string): Promise<void> {
  const [statement] = await turn.sql<{ text: string }[]>`
    select format('alter role %I password %L', ${role}::text, ${password}::text) as text -- not null
  `;
  if (statement) await turn.script(statement.text);
}

async function rolesWithoutPassword(sql: Sql): Promise<readonly string[]> {
  const roles = await sql<{ name: string }[]>`
    select rolname::text as name from pg_authid
     where rolname in ('troth_owner', 'troth_app') and rolpassword is null
     order by rolname desc
  `;
  return roles.map(({ name }) => name);
}

async function onDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const limits = { lockMs: 30_000, statementMs: 60_000 };
  const database = Database.open({ url, poolSize: 1, applicationName: 'troth roles', limits });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

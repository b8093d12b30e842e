import { readFile } from 'node:fs/promises';
import path from 'node:path';

import postgres from 'postgres';

/** Where the roles are written down, seen from the folder the process runs in. */
export const ROLES_FILE = path.join('db', 'roles.sql');

/** Passwords of the two roles that log in. */
export interface RolePasswords {
  readonly owner: string;
  readonly app: string;
}

/**
 * Makes the roles of `db/roles.sql` and gives them passwords. Needs a superuser's URL on the database Troth is to use.
 * Rejects with PostgreSQL's own error when the user may not.
 */
export async function ensureRoles(superuserUrl: string, passwords?: RolePasswords): Promise<void> {
  const sql = postgres(superuserUrl, {
    max: 1,
    onnotice: () => undefined,
    connection: { application_name: 'troth roles' },
  });
  try {
    await sql.unsafe(await readFile(ROLES_FILE, 'utf8')).simple();
    if (passwords === undefined) return;
    // A role's password is a literal of the grammar and cannot be a parameter: PostgreSQL quotes it itself.
    for (const [role, password] of [
      ['troth_owner', passwords.owner],
      ['troth_app', passwords.app],
    ] as const) {
      const [statement] = await sql<
        { text: string }[]
      >`select format('alter role %I password %L', ${role}::text, ${password}::text) as text`;
      if (statement) await sql.unsafe(statement.text);
    }
  } finally {
    await sql.end({ timeout: 5 });
  }
}

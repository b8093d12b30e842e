import postgres from 'postgres';

import { differences } from './compare.ts';
import { describeStatement } from './described.ts';
import { findStatements, type Sources } from './statements.ts';

/** How many statements were checked, and everything that is wrong with them. */
export interface SqlRowReport {
  readonly statements: number;
  readonly faults: readonly string[];
}

/** Compares every statement of the sources, its row type and its parameters with a migrated database. Runs none. */
export async function checkSqlRows(sources: Sources, databaseUrl: string): Promise<SqlRowReport> {
  const { statements, faults: unreadable } = findStatements(sources);
  const driver = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
  try {
    const faults = [...unreadable];
    for (const statement of statements) {
      const described = await describeStatement(driver, statement.text).catch((error: unknown) => String(error));
      const found = typeof described === 'string' ? [described] : differences(statement, described);
      faults.push(...found.map((fault) => `${statement.place}: ${fault}`));
    }
    return { statements: statements.length, faults };
  } finally {
    await driver.end({ timeout: 5 });
  }
}

import type postgres from 'postgres';

/** A type of PostgreSQL: its name, of a domain the name of its base, of an array the name of its element with `[]`. */
export interface PgType {
  readonly name: string;
  /** The labels, for an enum. */
  readonly labels?: readonly string[];
}

/** A statement as PostgreSQL understands it. */
export interface DescribedStatement {
  readonly parameters: readonly PgType[];
  readonly columns: readonly {
    readonly name: string;
    readonly type: PgType;
    /** The column is one of a table's own that cannot be null there. A join may still make it so. */
    readonly isNotNull: boolean;
  }[];
}

/** Asks PostgreSQL what a statement takes and gives, without running it. Rejects if it cannot be parsed. */
export async function describeStatement(driver: postgres.Sql, text: string): Promise<DescribedStatement> {
  const { types, columns } = await driver.unsafe(text).describe();
  return {
    parameters: await Promise.all(types.map((oid) => typeOf(driver, oid))),
    columns: await Promise.all(
      columns.map(async ({ name, type, table, number }) => ({
        name,
        type: await typeOf(driver, type),
        isNotNull: await isNotNull(driver, table, number),
      })),
    ),
  };
}

async function typeOf(driver: postgres.Sql, oid: number): Promise<PgType> {
  const [row] = await driver<{ name: string; base: number; element: number; labels: string[] | null }[]>`
    select typname::text as name,
           typbasetype::int as base,
           case when typcategory = 'A' then typelem::int else 0 end as element,
           (select to_json(array_agg(enumlabel order by enumsortorder)) from pg_enum where enumtypid = pg_type.oid) as labels
      from pg_type
     where oid = ${oid}`;
  if (!row) throw new Error(`there is no type ${oid}`);
  if (row.base !== 0) return typeOf(driver, row.base);
  if (row.element !== 0) return { name: `${(await typeOf(driver, row.element)).name}[]` };
  return row.labels ? { name: row.name, labels: row.labels } : { name: row.name };
}

async function isNotNull(driver: postgres.Sql, table: number, column: number): Promise<boolean> {
  const [row] = await driver<{ notNull: boolean }[]>`
    select attnotnull as "notNull" from pg_attribute where attrelid = ${table} and attnum = ${column}`;
  return row?.notNull ?? false;
}

import { readAnnotation, type Annotation } from '#domain/annotation';

import type { Sql } from './database.ts';

/** A column of ours, with what its comment says. */
export interface AnnotatedColumn extends Annotation {
  /** With its schema, unless that is `public`. */
  readonly table: string;
  readonly column: string;
  /** Whether a row can be without it. */
  readonly isOptional: boolean;
}

/** Every column of every table of ours, table by table. */
export interface Inventory {
  readonly columns: readonly AnnotatedColumn[];
  /** Columns whose comment this release cannot read: those of a newer one, and mistakes. */
  readonly faults: readonly string[];
}

interface ColumnRow {
  readonly table: string;
  readonly column: string;
  readonly isOptional: boolean;
  readonly comment: string | null;
}

/** Reads the comments of all columns. Tables of somebody else in the same schemas are none of ours. */
export async function readInventory(sql: Sql): Promise<Inventory> {
  const rows = await sql<ColumnRow[]>`
    select case nspname when 'public' then '' else nspname || '.' end || relname as "table", -- not null: of names
           attname::text as "column", -- not null
           not attnotnull as "isOptional", -- not null
           col_description(attrelid, attnum) as comment
      from pg_attribute
      join pg_class on pg_class.oid = attrelid
      join pg_namespace on pg_namespace.oid = relnamespace
     where nspname in ('public', 'vault')
       and relkind in ('r', 'p')
       and relowner in (to_regrole('troth_owner'), to_regrole('troth_vault'))
       and attnum > 0
       and not attisdropped
     order by nspname, relname, attnum
  `;
  const read = rows.map(({ comment, ...column }) => ({ column, annotation: readAnnotation(comment) }));
  return {
    columns: read.flatMap(({ column, annotation }) =>
      typeof annotation === 'string' ? [] : [{ ...column, ...annotation }],
    ),
    faults: read.flatMap(({ column, annotation }) =>
      typeof annotation === 'string' ? [`${column.table}.${column.column} ${annotation}`] : [],
    ),
  };
}

/** Columns that stay for the same time, whose rows one job removes. */
export interface RetentionRule {
  readonly table: string;
  readonly retention: string;
  readonly from: string | null;
  readonly until: string | null;
  readonly columns: readonly AnnotatedColumn[];
}

/** What stays how long, table by table. */
export function retentionRules({ columns }: Inventory): readonly RetentionRule[] {
  const rules = new Map<string, AnnotatedColumn[]>();
  for (const column of columns) {
    const { table, retention, from, until } = column;
    const key = [table, retention, from, until].join(' ');
    rules.set(key, [...(rules.get(key) ?? []), column]);
  }
  return [...rules.values()].flatMap((all) => {
    const [first] = all;
    if (first === undefined) return [];
    const { table, retention, from, until } = first;
    return [{ table, retention, from, until, columns: all }];
  });
}

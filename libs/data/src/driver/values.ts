import type { PostgresType } from 'postgres';

import { readArray, writeArray } from './array-text.ts';
import { StatementFailed } from './failures.ts';

/**
 * What a statement may take as a parameter. It travels as the text PostgreSQL reads, without a type: the statement says
 * the type by its context or by a cast.
 */
export type SqlValue = string | number | bigint | boolean | null | Uint8Array | readonly string[] | readonly number[];

const CHARACTER_NOT_IN_REPERTOIRE = '22021';

/** The text of a parameter. Throws StatementFailed for half a surrogate pair, which would arrive as another character. */
export function writeValue(value: SqlValue): string | null {
  if (value === null) return null;
  const text = textOf(value);
  if (!text.isWellFormed()) throw new StatementFailed(CHARACTER_NOT_IN_REPERTOIRE);
  return text;
}

function textOf(value: NonNullable<SqlValue>): string {
  if (value instanceof Uint8Array)
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')}`;
  return typeof value === 'object' ? writeArray(value) : String(value);
}

const asIs = (text: string): string => text;
const asNumber = (text: string): number => Number(text);
const asBoolean = (text: string): boolean => text === 't';
const asBytes = (text: string): Buffer => Buffer.from(text.slice(2), 'hex');
const asDate = (text: string): Date => new Date(text);

/** Object identifiers of types (pg_type.dat) that the driver would serialize in its own way. */
const SERIALIZED = [16, 17, 20, 21, 23, 25, 114, 700, 701, 1082, 1114, 1184, 3802];

/** Object identifiers of array types and how to read their items. */
const ARRAYS: readonly (readonly [from: number[], readItem: (text: string) => unknown])[] = [
  [[1000], asBoolean],
  [[1001], asBytes],
  [[1005, 1007, 1021, 1022], asNumber],
  [[1009, 1014, 1015, 2951], asIs],
  [[1185], asDate],
];

const written = SERIALIZED.map((oid): PostgresType => ({ to: oid, from: [], serialize: asIs, parse: asIs }));
const arrays = ARRAYS.map(([from, readItem]): PostgresType => ({
  to: 0,
  from,
  serialize: asIs,
  parse: (text: string) => readArray(text, readItem),
}));

/**
 * What the driver must know of types. Parameters are text already: it would write them a second time when it repeats a
 * statement whose plan has become invalid, and turn true into false by that.
 */
export const DRIVER_TYPES: Readonly<Record<string, PostgresType>> = Object.fromEntries(
  [...written, ...arrays].map((type, i) => [`type${i}`, type]),
);

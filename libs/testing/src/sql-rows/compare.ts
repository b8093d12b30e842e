import type { DescribedStatement, PgType } from './described.ts';
import type { PromisedStatement, RowProperty } from './statements.ts';

/** What the driver makes of a value. Types that are not here must be cast in the statement. */
export const DRIVER_WORDS: Readonly<Record<string, string>> = {
  text: 'string',
  varchar: 'string',
  bpchar: 'string',
  uuid: 'string',
  int2: 'number',
  int4: 'number',
  float4: 'number',
  float8: 'number',
  bool: 'boolean',
  bytea: 'Uint8Array',
  timestamptz: 'Date',
};

/** Parameters that need no cast: the driver sends a string as it is. */
const SENT_AS_TEXT = ['text', 'varchar'];

const JSON_TYPES = ['json', 'jsonb'];

/** Words that a parameter may have besides the one its type is read as. */
const ALSO_SENT: Readonly<Record<string, readonly string[]>> = {
  int8: ['number', 'bigint'],
  numeric: ['string', 'number'],
  timestamptz: ['string'],
  json: ['string'],
  jsonb: ['string'],
};

/** The same, comments and quoted text left out: what keywords are looked for in. */
function withoutQuotes(text: string): string {
  return text.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/g, ' ');
}

/** Where the promise of a statement and what PostgreSQL says of it differ, in words; empty when they agree. */
export function differences(promised: PromisedStatement, described: DescribedStatement): readonly string[] {
  return [
    ...textFaults(promised.text),
    ...columnSetFaults(promised, described),
    ...described.columns.flatMap(({ name, type }) => typeFaults(name, type, promised.row.get(name))),
    ...nullFaults(promised, described),
    ...parameterFaults(promised, described),
  ];
}

function textFaults(text: string): string[] {
  const everything = /(\bselect|\breturning|\ball|\bdistinct|,|\.)\s*\*/i.test(withoutQuotes(text));
  return everything ? ['list every column instead of *'] : [];
}

function columnSetFaults({ row }: PromisedStatement, { columns }: DescribedStatement): string[] {
  const names = columns.map(({ name }) => name);
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  return [
    ...names.filter((name) => !row.has(name)).map((name) => `the row type has no property for the column "${name}"`),
    ...[...row.keys()].filter((name) => !names.includes(name)).map((name) => `no column gives the property "${name}"`),
    ...twice.map((name) => `two columns are called "${name}"`),
  ];
}

function typeFaults(name: string, type: PgType, property: RowProperty | undefined): string[] {
  if (!property) return [];
  const faults: string[] = [];
  const words = [...property.words].filter((word) => word !== 'null' && word !== 'undefined');
  if (property.isOptional || property.words.has('undefined')) faults.push(`"${name}" is never undefined: say null`);
  if (JSON_TYPES.includes(type.name)) return faults;
  const expected = readWord(type);
  if (expected === undefined)
    return [...faults, `"${name}" is of type ${type.name}: cast it to one the driver reads safely`];
  if (words.length !== 1 || words[0] !== expected)
    faults.push(`"${name}" is ${type.name}, so ${expected}, not ${words.join(' | ')}`);
  if (type.labels && property.literals && !isSameSet(type.labels, property.literals))
    faults.push(`"${name}" is one of ${type.labels.join(', ')}, not of ${property.literals.join(', ')}`);
  return faults;
}

function nullFaults({ text, row }: PromisedStatement, { columns }: DescribedStatement): string[] {
  const mayLoseRows = /\b(left|right|full)\s+(outer\s+)?join\b|\b(old|new)\s*\.|\b(cube|rollup|grouping\s+sets)\b/i;
  const isTrusted = !mayLoseRows.test(withoutQuotes(text));
  const declared = declaredNotNull(text);
  const strangers = declared.filter((name) => !columns.some((column) => column.name === name));
  const faults = strangers.map((name) => `"-- not null" stands beside "${name}", which is no column`);
  for (const { name, isNotNull } of columns) {
    const property = row.get(name);
    if (!property) continue;
    const isKnown = isTrusted && isNotNull;
    const isDeclared = declared.includes(name);
    if (isDeclared && isKnown) faults.push(`"${name}" is known not to be null: drop the comment`);
    if (isDeclared && property.words.has('null'))
      faults.push(`"${name}" is declared not null, but its type admits null`);
    if (!isKnown && !isDeclared && !property.words.has('null'))
      faults.push(`"${name}" may be null: write | null, or "-- not null" beside the column and why`);
  }
  return faults;
}

/** Columns that a comment in the statement declares: `count(*)::int as total, -- not null: a count`. */
function declaredNotNull(text: string): string[] {
  return [...text.matchAll(/("[^"]+"|[a-z_]\w*)\s*,?[ \t]*--\s*not null\b/gi)].map(([, name = '']) =>
    name.replaceAll('"', ''),
  );
}

function parameterFaults({ parameters }: PromisedStatement, described: DescribedStatement): string[] {
  if (parameters.length !== described.parameters.length)
    return [`${parameters.length} parameters are given, ${described.parameters.length} are used`];
  return described.parameters.flatMap((type, i) => {
    const { words, isCast } = parameters[i] ?? { words: new Set<string>(), isCast: false };
    const faults = isCast || SENT_AS_TEXT.includes(type.name) ? [] : [`$${i + 1} is ${type.name}: cast it`];
    const expected = ALSO_SENT[type.name] ?? [readWord(type)];
    const wrong = [...words].filter((word) => word !== 'null' && !expected.includes(word));
    if (wrong.length > 0) faults.push(`$${i + 1} is ${type.name}, but ${wrong.join(' | ')} is given`);
    return faults;
  });
}

function readWord({ name, labels }: PgType): string | undefined {
  if (labels) return 'string';
  if (!name.endsWith('[]')) return DRIVER_WORDS[name];
  const element = DRIVER_WORDS[name.slice(0, -2)];
  return element === undefined ? undefined : `${element}[]`;
}

function isSameSet(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one) => others.includes(one));
}

import type { TestDatabase } from './fresh-database.ts';

/** A value that a test gives the service, and must not find again. */
export interface Canary {
  readonly name: string;
  readonly value: string;
  /** The places where it stands by design, as `answer of POST /v1/x` or `dump of address`. */
  readonly mayStandIn?: readonly RegExp[];
}

/** Something that was written down, by what it is. */
export interface Place {
  readonly of: string;
  readonly text: string;
}

/** Where a canary stands that must not, as `code as hex in dump of letter`; each once. */
export function leaks(canaries: readonly Canary[], places: readonly Place[]): readonly string[] {
  const found = canaries.flatMap(({ name, value, mayStandIn = [] }) => {
    const forms = formsOf(value);
    return places
      .filter(({ of }) => !mayStandIn.some((place) => place.test(of)))
      .flatMap(({ of, text }) =>
        forms.filter(({ written }) => written.test(text)).map(({ form }) => `${name} as ${form} in ${of}`),
      );
  });
  return [...new Set(found)];
}

interface Form {
  readonly form: string;
  readonly written: RegExp;
}

/** As plain text, whatever the case; URL-encoded; in hexadecimal; in base64 of either alphabet, wherever it begins. */
function formsOf(value: string): readonly Form[] {
  const bytes = Buffer.from(value, 'utf8');
  const percent = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const base64 = [0, 1, 2].map((offset) => inBase64(bytes, offset));
  return [
    { form: 'plain', written: anyOf([value, JSON.stringify(value).slice(1, -1)], 'i') },
    {
      form: 'url-encoded',
      written: anyOf([encodeURIComponent(value), new URLSearchParams({ v: value }).toString().slice(2), percent], 'i'),
    },
    { form: 'hex', written: anyOf([bytes.toString('hex')], 'i') },
    { form: 'base64', written: anyOf(base64) },
    { form: 'base64url', written: anyOf(base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))) },
  ];
}

/** Those characters that the bytes alone decide when they stand behind `offset` others. */
function inBase64(bytes: Uint8Array, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const isCut = (offset + bytes.length) % 3 !== 0;
  return text.slice(Math.ceil((offset * 4) / 3), isCut ? -1 : undefined);
}

function anyOf(texts: readonly string[], flags = ''): RegExp {
  return new RegExp(texts.map((text) => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')).join('|'), flags);
}

/** Every row of every table, a place for each table. */
export async function dumpOf({ owner }: TestDatabase): Promise<readonly Place[]> {
  const tables = await owner<{ name: string; dump: string }[]>`
    select table_name::text as name,
           query_to_xml(format('select to_jsonb(t) from %I.%I as t', table_schema, table_name), true, false, '')::text as dump
      from information_schema.tables
     where table_schema in ('public', 'vault') and table_type = 'BASE TABLE'`;
  return tables.map(({ name, dump }) => ({
    of: `dump of ${name}`,
    text: dump.replaceAll('&quot;', '"').replaceAll('&amp;', '&'),
  }));
}

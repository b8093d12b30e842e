import { readFileSync, writeFileSync } from 'node:fs';

type Rows = readonly (readonly string[])[];

const TABLE = /(?:^\|.*\n)+/m;

/** The cells of a table's rows, without its head: of the first table of a page, or of the one below a heading. */
export function rowsOf(page: string, heading = ''): Rows {
  const text = page.slice(page.indexOf(heading));
  const [, , ...rows] = TABLE.exec(text)?.[0].trim().split('\n') ?? [];
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The rows of a table in a page. With UPDATE_DOCS=1 they become `rows` before they are read; the formatter aligns them. */
export function tableIn(file: string, heading: string, rows: Rows): Rows {
  const page = readFileSync(file, 'utf8');
  if (process.env.UPDATE_DOCS !== '1') return rowsOf(page, heading);
  const start = page.indexOf(heading);
  const [table = ''] = TABLE.exec(page.slice(start)) ?? [];
  const head = table.split('\n').slice(0, 2);
  const anew = [...head, ...rows.map((row) => `| ${row.join(' | ')} |`), ''].join('\n');
  const text = page.slice(0, start) + page.slice(start).replace(TABLE, () => anew);
  writeFileSync(file, text);
  return rowsOf(text, heading);
}

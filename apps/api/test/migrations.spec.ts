import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = 'db/migrations';

/** The moment a transaction or statement began: late for whoever has waited for a lock since. */
const STALE_CLOCK =
  /\b(now|transaction_timestamp|statement_timestamp)\s*\(|\b(current_timestamp|current_date|current_time|localtimestamp|localtime)\b/i;

/** Without comments and quoted text; bodies of functions stay. */
const bare = (sql: string): string => sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/g, ' ');

function clockFaults(sql: string): readonly string[] {
  return bare(sql)
    .split('\n')
    .filter((line) => STALE_CLOCK.test(line));
}

/** Functions that run with their owner's rights and trust the caller's search path. */
function searchPathFaults(sql: string): readonly string[] {
  const functions = bare(sql)
    .split(/\bcreate\s+(?:or\s+replace\s+)?(?=function|procedure)/i)
    .slice(1);
  const heads = functions.map((text) => text.split(/\$\w*\$/)[0] ?? '');
  return heads.filter((head) => /\bsecurity\s+definer\b/i.test(head) && !/\bset\s+search_path\b/i.test(head));
}

const migrations = readdirSync(FOLDER).map((file) => [file, readFileSync(`${FOLDER}/${file}`, 'utf8')] as const);

test.each(migrations)('%s reads the clock when it decides, not when it began', (_, sql) => {
  expect(clockFaults(sql)).toEqual([]);
});

test.each(migrations)('%s pins the search path of what runs with its owner’s rights', (_, sql) => {
  expect(searchPathFaults(sql)).toEqual([]);
});

test('planted faults are found', () => {
  expect(clockFaults('-- now()\nselect clock_timestamp(), snow(1), now ( );')).toEqual([
    'select clock_timestamp(), snow(1), now ( );',
  ]);
  expect(clockFaults('at timestamptz default current_timestamp')).toHaveLength(1);
  expect(clockFaults("select 'now()', know()")).toEqual([]);
  const head = 'create function f() returns int language sql';
  const body = '\nas $$ select 1 $$;\n';
  expect(searchPathFaults(`${head} security definer set search_path = pg_catalog${body}${head}${body}`)).toEqual([]);
  expect(searchPathFaults(`${head} security definer${body}${head} set search_path = ''${body}`)).toHaveLength(1);
});

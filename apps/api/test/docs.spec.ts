import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { SETTINGS } from '#platform/config/settings';
import { PROBLEMS } from '#platform/problems/problem';

const ROOT_PAGES = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'];
const read = (file: string): string => readFileSync(file, 'utf8');

function pagesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join(folder, name));
}

test('the page of problems lists the catalogue, with every status', () => {
  const rows = [...read('docs/problems.md').matchAll(/^\| `([a-z-]+)` +\| (\d{3}) /gm)].map(([, code, status]) => [
    code,
    Number(status),
  ]);
  expect(rows).toEqual(Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]));
});

test('the page of settings and the example list every setting, with its default', () => {
  const defaults = Object.entries(SETTINGS).map(([name, setting]) => [
    name,
    (setting as { readonly default?: string }).default ?? '',
  ]);
  const rows = [...read('docs/configuration.md').matchAll(/^\| `([A-Z0-9_]+)` +\| +(?:`([^`]*)`)? *\|/gm)];
  expect(rows.map(([, name, value]) => [name, value ?? ''])).toEqual(defaults);
  const lines = [...read('.env.example').matchAll(/^# ([A-Z0-9_]+)=(.*)$/gm)];
  expect(lines.map(([, name, value]) => [name, value])).toEqual(defaults);
});

test('every link between the pages leads somewhere', () => {
  const dead = [...ROOT_PAGES, ...pagesIn('docs')].flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)]
      .map(([, target]) => path.join(path.dirname(page), target ?? ''))
      .filter((target) => !existsSync(target))
      .map((target) => `${page}: ${target}`),
  );
  expect(dead).toEqual([]);
});

describe.each([
  ['truth', 11, 'apps/api/test/truths.e2e-spec.ts'],
  ['failure', 12, 'apps/api/test/failures.e2e-spec.ts'],
])('every %s', (word, count, suite) => {
  test('stands on the page and has a test that carries its number', () => {
    const page = read('docs/truths.md');
    const tests = read(suite);
    for (let number = 1; number <= count; number++) {
      expect(page).toContain(`| ${number}. `);
      expect(page).toContain(`\`${word} ${number}:\``);
      expect(tests).toMatch(new RegExp(`test(?:\\.each[^\n]*)?\\(\\s*'${word} ${number}: |'${word} ${number}: `));
    }
  });
});

test('decisions are numbered without a gap and fit on a page', () => {
  const pages = readdirSync('docs/decisions').sort();
  expect(pages.map((name) => Number(name.slice(0, 4)))).toEqual(pages.map((_, index) => index + 1));
  for (const name of pages) expect(read(path.join('docs/decisions', name)).split('\n').length).toBeLessThanOrEqual(41);
});

test('README opens with what it is and the two commands, and the changelog has a place for what is new', () => {
  const readme = read('README.md');
  expect(readme.indexOf('npm ci && npm start')).toBeLessThan(600);
  expect(readme).toContain('npm ci && npm test');
  expect(read('CHANGELOG.md')).toContain('## Unreleased');
});

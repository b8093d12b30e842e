import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { banner } from '#api/banner';
import { ADDRESS_QUOTAS } from '#domain/quota';
import { readConfig } from '#platform/config/config';
import { SETTINGS, type Setting } from '#platform/config/settings';
import { LIMITS, type Limit } from '#platform/limits/limits';
import { PROBLEMS } from '#platform/problems/problem';
import { rowsOf, tableIn } from '#testing/doc-tables';

const ROOT_PAGES = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'];
const ALL_SETTINGS = Object.entries<Setting<unknown>>(SETTINGS);
const read = (file: string): string => readFileSync(file, 'utf8');

function pagesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join(folder, name));
}

const asCode = (text: string | undefined): string => (text ? `\`${text}\`` : '');

test('the page of problems says what the catalogue says', () => {
  const catalogue = Object.entries(PROBLEMS).map(([code, { status, title, advice }]) => [
    asCode(code),
    String(status),
    title,
    advice,
  ]);
  expect(tableIn('docs/problems.md', '', catalogue)).toEqual(catalogue);
});

test('the page of settings says what the service reads', () => {
  const settings = ALL_SETTINGS.map(([name, setting]) => [
    asCode(name),
    asCode(setting.default),
    setting.required ?? '',
    setting.kind.expects,
    setting.doc,
  ]);
  expect(tableIn('docs/configuration.md', '', settings)).toEqual(settings);
});

test('the example of settings lists each with its purpose and its default', () => {
  const file = '.env.example';
  const wanted = ALL_SETTINGS.map(([name, setting]) => `# ${setting.doc}\n# ${name}=${setting.default ?? ''}`);
  const [head = '', ...entries] = read(file).trim().split('\n\n');
  if (process.env.UPDATE_DOCS === '1') writeFileSync(file, `${[head, ...wanted].join('\n\n')}\n`);
  else expect(entries).toEqual(wanted);
});

test('the page of operation lists every metric of the service', () => {
  const sources = ['apps', 'libs'].flatMap((root) =>
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => /(?<!spec)\.ts$/.test(name))
      .map((name) => read(path.join(root, name))),
  );
  const metrics = /\.(?:counter|gauges?|histogram)\(\s*'([a-z_]+)'/g;
  const names = sources.flatMap((source) => [...source.matchAll(metrics)].map(([, name]) => asCode(name)));
  const listed = rowsOf(read('docs/operation.md'), '## Metrics').map(([name]) => name);
  expect([...listed].sort()).toEqual(names.sort());
});

test('the page of the API lists every route of OpenAPI, every limit and every quota', () => {
  const page = read('docs/api.md');
  const { paths } = JSON.parse(read('docs/openapi.json')) as { readonly paths: Readonly<Record<string, object>> };
  const routes = Object.entries(paths).flatMap(([route, methods]) =>
    Object.keys(methods).map((method) => asCode(`${method.toUpperCase()} ${route}`)),
  );
  const listed = rowsOf(page).map(([route]) => route);
  expect([...listed].sort()).toEqual(routes.filter((route) => route.includes('/v1/')).sort());
  const limits = Object.entries<readonly Limit[]>(LIMITS).map(([name, windows]) => [
    asCode(name),
    windows.map(inWords).join(', '),
  ]);
  expect(tableIn('docs/api.md', '## Limits', limits)).toEqual(limits);
  const quotas = Object.entries(ADDRESS_QUOTAS).map(([name, { perHour, perDay }]) => [
    asCode(name),
    `${perHour} an hour, ${perDay} a day`,
  ]);
  expect(tableIn('docs/api.md', '\nOf one address', quotas)).toEqual(quotas);
});

function inWords({ limit, windowSeconds, failuresOnly }: Limit): string {
  const span = new Map([
    [60, 'a minute'],
    [3_600, 'an hour'],
  ]).get(windowSeconds);
  return `${limit}${failuresOnly ? ' failures' : ''} ${span ?? `in ${windowSeconds / 60} minutes`}`;
}

test('every link between the pages leads somewhere, and every heading that it names is there', () => {
  const links = [...ROOT_PAGES, ...pagesIn('docs')].flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#]*)#?([^)]*)\)/g)].map(([, target = '', anchor = '']) => ({
      from: page,
      to: target === '' ? page : path.join(path.dirname(page), target),
      anchor,
    })),
  );
  expect(links.length).toBeGreaterThan(50);
  expect(
    links.filter(({ to, anchor }) => !existsSync(to) || (anchor !== '' && !anchorsOf(to).includes(anchor))),
  ).toEqual([]);
});

/** The anchors that a heading gets: its words in lower case with hyphens. */
function anchorsOf(page: string): readonly string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe.each([
  ['truth', 11, 'truths', '## Truths'],
  ['failure', 12, 'failures', '## Failures'],
])('every %s', (word, count, suite, heading) => {
  const numbers = Array.from({ length: count }, (_, index) => String(index + 1));
  const files = readdirSync('apps/api/test').filter((name) => new RegExp(`^${suite}(-|\\.e2e)`).test(name));

  test('has a row with its sentence, the code that holds it, and the tests that carry its number', () => {
    const rows = rowsOf(read('docs/truths.md'), heading);
    expect(rows.map(([sentence = '']) => /^(\d+)\. ./.exec(sentence)?.[1])).toEqual(numbers);
    expect(rows.map(([, code = '']) => /^\[[^\]]+\]\([^)]+\)$/.test(code))).not.toContain(false);
    expect(rows.map(([, , tests]) => tests)).toEqual(numbers.map((number) => asCode(`${word} ${number}:`)));
  });

  test('has a test', () => {
    const titles = files.flatMap((name) => [
      ...read(path.join('apps/api/test', name)).matchAll(/\btest(?:\.each\b[\s\S]*?\]\))?\(\s*'([a-z]+) (\d+): /g),
    ]);
    const tested = new Set(titles.filter(([, kind]) => kind === word).map(([, , number]) => number));
    expect([...tested].sort((a, b) => Number(a) - Number(b))).toEqual(numbers);
  });

  test('has its suites linked from the page', () => {
    const [section = ''] = read('docs/truths.md').slice(read('docs/truths.md').indexOf(heading)).split('\n| ');
    const linked = [...section.matchAll(/\]\(\.\.\/apps\/api\/test\/([^)]+)\)/g)].map(([, name]) => name);
    expect(linked.sort()).toEqual(files.sort());
  });
});

test('the image and the page of operation start the process with the flags of npm start', () => {
  const flags = JSON.parse(read('scripts/node-flags.json')) as string[];
  const command = ['node', ...flags, 'dist/apps/api/src/main.js'];
  expect(read('docs/operation.md')).toContain(`\n${command.join(' ')}\n`);
  expect(read('docker/Dockerfile')).toContain(`CMD [${command.map((word) => JSON.stringify(word)).join(', ')}]`);
});

test('decisions are numbered without a gap and fit on a page', () => {
  const pages = readdirSync('docs/decisions').sort();
  expect(pages.map((name) => Number(name.slice(0, 4)))).toEqual(pages.map((_, index) => index + 1));
  for (const name of pages) expect(read(path.join('docs/decisions', name)).split('\n').length).toBeLessThanOrEqual(41);
});

describe('README', () => {
  const readme = read('README.md');

  test('opens with what it is and the two commands', () => {
    const [opening = '', ...blocks] = readme.split('\n```sh\n');
    expect(opening).toMatch(/^# Troth\n\nTroth is /);
    expect(blocks[0]).toMatch(/^npm ci && npm start\n```\n/);
    expect(readme).toContain('\n```sh\nnpm ci && npm test\n```\n');
  });

  test('shows what npm start prints', () => {
    const config = readConfig({ DATABASE_URL: 'postgres://troth_app@127.0.0.1/troth', TROTH_SECRET: 'of this test' });
    expect(readme).toContain(`\n\`\`\`\n${banner(config).trim()}\n\`\`\`\n`);
  });
});

test('the changelog has a place for what is new', () => {
  expect(read('CHANGELOG.md')).toMatch(/\n## \[?Unreleased\]?\n/);
});

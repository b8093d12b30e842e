import { readdirSync, readFileSync } from 'node:fs';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

test('npm run check is the one word for all that is quick: it runs the suites that hold the house', () => {
  expect(scripts.check?.split(' && ')).toContain('npm run test:house');
  const pattern = new RegExp(/"(.+)"/.exec(scripts['test:house'] ?? '')?.[1] ?? 'nothing');
  const suites = readdirSync('apps/api/test').filter((name) => pattern.test(`apps/api/test/${name}`));
  expect(suites).toEqual(
    expect.arrayContaining(readdirSync('apps/api/test').filter((name) => /^[^.]+\.spec\.ts$/.test(name))),
  );
  for (const kept of ['architecture', 'docs', 'lockfile', 'migrations', 'openapi', 'schema', 'sql-rows'])
    expect(suites.filter((name) => name.startsWith(`${kept}.`))).toHaveLength(1);
  expect(suites.filter((name) => /^(truths|failures|plans|start)/.test(name))).toEqual([]);
});

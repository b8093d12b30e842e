import { runOps } from '#testing/run-ops';

import { COMMANDS } from './commands.ts';

jest.setTimeout(60_000);

test.each([[[]], [['help']], [['--help']]])('%j shows every command', async (words) => {
  const { code, out, err } = await runOps(words);
  expect([code, err]).toEqual([0, '']);
  for (const { name, summary } of COMMANDS) {
    expect(out).toContain(`  ${name} `);
    expect(out).toContain(summary);
  }
});

test.each(['create-world', 'constructor', ''])(
  'the command "%s" is unknown: the help goes to standard error',
  async (name) => {
    const { code, out, err } = await runOps([name]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(new RegExp(`^There is no command "${name}"\\.\n\nnpm run ops -- <command>\n`));
  },
);

test('words that a command does not take are refused', async () => {
  expect(await runOps(['purge', 'all'])).toEqual({ code: 1, out: '', err: 'purge takes no words behind it: all\n' });
  const { code, err } = await runOps(['rotate-keys', '--lost=everything']);
  expect([code, err]).toEqual([1, 'rotate-keys does not know "--lost=everything". See npm run ops -- help.\n']);
});

test.each([
  ['migrate', 'DATABASE_OWNER_URL'],
  ['purge', 'DATABASE_URL'],
  ['retention-report', 'DATABASE_URL'],
  ['rotate-keys', 'DATABASE_URL', 'TROTH_SECRET'],
  ['rotate-signing-key', 'DATABASE_URL', 'TROTH_SECRET'],
  ['create-admin ada@example.com', 'DATABASE_URL', 'TROTH_SECRET'],
  ['create-client billing', 'DATABASE_URL'],
  ['seal-audit', 'DATABASE_URL', 'TROTH_SECRET'],
  ['verify-audit', 'DATABASE_URL', 'TROTH_SECRET'],
])('%s names every setting that it misses, and shows no trace', async (words, ...settings) => {
  const { code, out, err } = await runOps(words.split(' '), { DATABASE_URL: '  ' });
  expect([code, out]).toEqual([1, '']);
  expect(err.match(/\b[A-Z_]+(?= is missing)/g)).toEqual(settings);
  expect(err).not.toContain('    at ');
});

test.each([
  'migrate',
  'purge',
  'retention-report',
  'rotate-keys',
  'rotate-signing-key',
  'create-admin ada@example.com',
  'create-client billing',
  'seal-audit',
  'verify-audit',
])('%s says in a line why it cannot connect, without the password', async (words) => {
  const settings = { TROTH_SECRET: 'a secret', TROTH_SECRETS_PREVIOUS: 'a former one' };
  const run = (url: string) => runOps(words.split(' '), { ...settings, DATABASE_URL: url, DATABASE_OWNER_URL: url });
  const refused = await run('postgres://troth:hush@127.0.0.1:1/troth');
  expect([refused.code, refused.out]).toEqual([1, '']);
  expect(refused.err).toMatch(
    /^DATABASE_(OWNER_)?URL: PostgreSQL at 127\.0\.0\.1:1 cannot be used: nothing listens there\.\n$/,
  );
  const unknown = await run('postgres://troth:hush@nowhere.invalid/troth');
  expect(unknown.err).toMatch(/^DATABASE_(OWNER_)?URL: PostgreSQL at nowhere\.invalid:5432 cannot be used: .*\.\n$/);
  const wrong = await run('postgres://troth:hush@127.0.0.1:1/troth?sslmode=perhaps');
  expect(wrong.err).toMatch(/DATABASE_(OWNER_)?URL must be a URL like .* sslmode=disable, require or verify-full\.\n/);
  for (const { err } of [refused, unknown, wrong]) expect(err).not.toContain('hush');
});

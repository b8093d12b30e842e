import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

import { startTestApp, type TestApp } from '#testing/test-app';

const HERE = 'http://localhost:3000';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

test('the lines that README says to try end with the account, and log in and out', async () => {
  const section = readFileSync('README.md', 'utf8').split('\n## Try it\n')[1]?.split('\n## ')[0] ?? '';
  const [claiming = '', loggingIn = ''] = blocksOf(section, 'sh');
  expect([claiming, loggingIn].map((lines) => lines.match(curl)?.length)).toEqual([3, 6]);
  const [registered, activated] = await answersOf(claiming);
  expect(registered).toMatchObject({ status: 'verification_required', expires_in: 60 });
  expect(activated).toMatchObject({ user: { email: 'ada@example.com', username: null, roles: [] } });
  const shown = JSON.parse(blocksOf(section, 'json')[0] ?? '') as { readonly user: object };
  expect(Object.keys(shown.user)).toEqual(Object.keys((activated as { readonly user: object }).user));
  expect(await answersOf(loggingIn)).toMatchObject([
    { email: 'ada@example.com' },
    { data: [{ device_name: 'my terminal', current: true }] },
    { token_type: 'Bearer', expires_in: 300 },
    { code: 'session-revoked', status: 401 },
  ]);
});

const curl = /^ *(?:[A-Z]+=\$\()?curl /gm;

/** Runs lines of the page in a shell; what they print is JSON, an answer a line. */
async function answersOf(lines: string): Promise<readonly unknown[]> {
  const script = lines.replaceAll(HERE, app.url);
  expect(script).not.toContain('localhost');
  const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-euo', 'pipefail', '-c', script]);
  expect(stderr).toBe('');
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

function blocksOf(section: string, language: string): readonly string[] {
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, block = '']) => block,
  );
}

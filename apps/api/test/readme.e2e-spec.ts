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

test('the lines that README says to try end with the account', async () => {
  const section = readFileSync('README.md', 'utf8').split('\n## Try it\n')[1]?.split('\n## ')[0] ?? '';
  const lines = blockOf(section, 'sh');
  expect(lines.match(/^ *(?:CODE=\$\()?curl /gm)).toHaveLength(3);
  const script = lines.replaceAll(HERE, app.url);
  expect(script).not.toContain('localhost');
  const { stdout, stderr } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script]);
  expect(stderr).toBe('');
  const [registered, activated] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(registered).toMatchObject({ status: 'verification_required', expires_in: 60 });
  expect(activated).toMatchObject({ user: { email: 'ada@example.com', username: null, roles: [] } });
  const shown = JSON.parse(blockOf(section, 'json')) as { readonly user: object };
  expect(Object.keys(shown.user)).toEqual(Object.keys((activated as { readonly user: object }).user));
});

function blockOf(section: string, language: string): string {
  return new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(section)?.[1] ?? '';
}

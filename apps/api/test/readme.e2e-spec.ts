import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

import { startTestApp, type TestApp } from '#testing/test-app';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

test('the lines that README says to try end with the account', async () => {
  const lines = /## Try it[\s\S]*?```sh\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';
  expect(lines).toContain('curl');
  const script = lines.replaceAll('http://localhost:3000', app.url);
  const { stdout } = await promisify(execFile)('bash', ['-euc', script]);
  const [registered, activated] = stdout
    .replace('}{', '}\n{')
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(registered).toMatchObject({ status: 'verification_required', expires_in: 60 });
  expect(activated).toMatchObject({ user: { email: 'ada@example.com', username: null, roles: [] } });
});

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

import { RETAINED } from '#domain/retention';
import { TestClaimant } from '#testing/claimant';
import { rowsOf } from '#testing/doc-tables';
import { decodeJwt } from '#testing/jwt';
import { startTestApp, type TestApp } from '#testing/test-app';

const HERE = 'http://localhost:3000';
const PAGE = readFileSync('docs/deletion.md', 'utf8');

interface Farewell {
  readonly receipt: string;
  readonly erased: readonly { readonly class: string; readonly count: number }[];
  readonly retained: readonly { readonly class: string; readonly reason: string; readonly until: string }[];
  readonly opening: { readonly account_id: string; readonly salt: string };
}

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const blocksOf = (language: string): readonly string[] =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, block = '']) => block);

/** A line that waits: what is not sent yet when an account is erased never will be. */
const letterArrives = (subject: string): string =>
  `until curl -sS '${HERE}/dev/mailbox.json' | grep -q '${subject}'; do sleep 0.1; done`;

/** Runs the lines of the page in one shell; what they print is JSON, an answer a line. */
async function answers(): Promise<readonly unknown[]> {
  const [before = '', undone = '', ...after] = blocksOf('sh');
  const script = [before, letterArrives('is going to be deleted'), undone, ...after]
    .join('\n')
    .replaceAll(HERE, app.url);
  expect(script).not.toContain('localhost');
  const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-euo', 'pipefail', '-c', script]);
  expect(stderr).toBe('');
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

test('the story of docs/deletion.md is what happens', async () => {
  const ada = new TestClaimant(app, 'ada@example.com');
  await ada.becomeActive();
  const [scheduled, read, farewell, verified, asked] = await answers();
  expect([read, Object.keys(scheduled as object)]).toEqual([scheduled, ['effective_at']]);

  const shown = JSON.parse(blocksOf('json')[0] ?? '') as Farewell;
  const given = farewell as Farewell;
  const withoutTimes = ({ retained }: Farewell) => retained.map(({ until: _, ...one }) => one);
  expect(Object.keys(given)).toEqual(Object.keys(shown));
  // A letter that was sent a moment ago may still be there as a row.
  const went = given.erased.filter((one) => one.class !== 'letters');
  expect([went, withoutTimes(given)]).toEqual([shown.erased, withoutTimes(shown)]);
  expect(given.receipt.startsWith(shown.receipt.slice(0, -1))).toBe(true);

  const { iat, erased, retained } = decodeJwt(given.receipt);
  const at = new Date(Number(iat) * 1_000).toISOString();
  expect(verified).toEqual({ signed: true, is_of_this_account: true, at, erased, retained });
  expect(asked).toEqual({ valid: true, account_absent: true });
  expect((await ada.logIn()).status).toBe(401);

  const { text } = await ada.letter(3);
  const told = text
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, '<time>')
    .replace(/^http\S+$/m, '<keys>')
    .replace(given.receipt, '<receipt>')
    .replace(given.opening.account_id, '<account id>')
    .replace(given.opening.salt, '<salt>');
  expect(blocksOf('')).toContain(told);
});

test('the page lists what stays, and the claims of a receipt', () => {
  const listed = rowsOf(PAGE, '## What stays').map(([kind, name, , reason]) => [kind, name, reason]);
  expect(listed).toEqual(
    Object.entries(RETAINED).map(([kind, one]) => [`\`${kind}\``, `\`${one.class}\``, one.reason]),
  );
  const claims = rowsOf(PAGE, '## The receipt').map(([claim = '']) => claim.replaceAll('`', ''));
  expect(claims).toEqual(['iss', 'jti', 'iat', 'commitment', 'erased', 'retained']);
});

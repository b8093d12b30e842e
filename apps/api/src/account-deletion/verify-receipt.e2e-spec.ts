import { generateKeyPairSync } from 'node:crypto';

import { DeletionReceipts } from '#platform/tokens/deletion-receipts';
import { TestClaimant } from '#testing/claimant';
import { forged, respelt, twinOf } from '#testing/forged-tokens';
import { decodeJwt, decodeProtectedHeader } from '#testing/jwt';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { workOf } from '#testing/work-of';

let app: TestApp;
let receipt: string;
let session: TestSession;
beforeAll(async () => {
  app = await startTestApp();
  const [ada, bob] = [new TestClaimant(app, 'ada@example.com'), new TestClaimant(app, 'bob@example.com')];
  for (const one of [ada, bob]) await one.becomeActive();
  session = await TestSession.of(app, bob);
  const answer = await (await TestSession.of(app, ada)).ask('/v1/me', { method: 'DELETE' });
  ({ receipt } = answer.body as { receipt: string });
});
afterAll(() => app.stop());

const verify = (text: unknown): Promise<Answer> => app.ask('/v1/deletion-receipts/verify', { body: { receipt: text } });
const STRANGER = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

test('a receipt of ours is valid, whoever asks, at the cost of one statement', async () => {
  const seen = await workOf(app, () => verify(receipt));
  expect(seen).toMatchObject({ status: 200, statements: 1, hashes: 0 });
  expect(JSON.parse(seen.text)).toEqual({ valid: true, account_absent: true });
});

test('of an account that is there it is valid too, and says so', async () => {
  const [row] = await app.db.owner<{ commitment: Uint8Array }[]>`select deletion_commitment as commitment from account`;
  const facts = { at: new Date(), commitment: row?.commitment ?? new Uint8Array(), erased: [], retained: [] };
  const { status, body } = await verify(app.get(DeletionReceipts).sign(facts));
  expect([status, body]).toEqual([200, { valid: true, account_absent: false }]);
});

test.each<[string, () => string]>([
  ['by a stranger', () => forged(decodeProtectedHeader(receipt), decodeJwt(receipt), STRANGER)],
  [
    'of another account',
    () => {
      const [head = '', , signature = ''] = receipt.split('.');
      const claims = { ...decodeJwt(receipt), commitment: Buffer.alloc(32).toString('base64url') };
      return `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    },
  ],
  ['with the other signature that is right', () => twinOf(receipt)],
  [
    'under a name that no key has',
    () => forged({ ...decodeProtectedHeader(receipt), kid: 'other' }, decodeJwt(receipt), STRANGER),
  ],
])('a forged receipt %s is not valid, and nothing is said about an account', async (_, make) => {
  const seen = await workOf(app, () => verify(make()));
  expect([seen.status, JSON.parse(seen.text)]).toEqual([200, { valid: false, account_absent: false }]);
  expect(seen.statements).toBe(0);
});

test.each<[string, () => string]>([
  ['nothing', () => ''],
  ['a word', () => 'receipt'],
  ['an access token', () => session.tokens.access_token],
  ['a refresh token', () => session.tokens.refresh_token],
  ['another spelling', () => respelt(receipt)],
  ['a receipt and more', () => `${receipt}.`],
])('%s is no receipt at all', async (_, make) => {
  const { status, body } = await verify(make());
  expect([status, body]).toMatchObject([400, { code: 'malformed-request', detail: 'This is no deletion receipt.' }]);
});

test.each([7, null, undefined, ['x'], 'x'.repeat(2_049)])('%j is not valid', async (text) => {
  expect(await verify(text)).toMatchObject({ status: 422, body: { errors: [{ pointer: '/receipt' }] } });
});

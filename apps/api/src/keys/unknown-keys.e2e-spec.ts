import { generateKeyPairSync, randomBytes } from 'node:crypto';

import { TestClaimant } from '#testing/claimant';
import { forged } from '#testing/forged-tokens';
import { decodeJwt } from '#testing/jwt';
import { TestSession } from '#testing/sessions';
import { startTestApp, type TestApp } from '#testing/test-app';
import { times } from '#testing/turns';

const FLOOD = 1_000;
const TOGETHER = 50;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

test('a thousand requests with keys that nobody knows are refused, and cost a few statements', async () => {
  const ada = new TestClaimant(app, 'ada@example.com');
  await ada.becomeActive();
  const session = await TestSession.of(app, ada);
  const claims = decodeJwt(session.tokens.access_token);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const strange = (): string =>
    forged({ alg: 'ES256', typ: 'at+jwt', kid: randomBytes(32).toString('base64url') }, claims, privateKey);
  app.statements();
  const began = performance.now();
  for (let sent = 0; sent < FLOOD; sent += TOGETHER) {
    const answers = await times(TOGETHER, () =>
      app.ask('/v1/me', { headers: { authorization: `Bearer ${strange()}` } }),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
  }
  const looks = Math.ceil((performance.now() - began) / 5_000) + 1;
  const statements = app.statements();
  expect(statements.filter((text) => text.includes('signing_key')).length).toBeLessThanOrEqual(looks);
  expect(statements.filter((text) => text.includes('session'))).toEqual([]);
  expect(await session.isAlive()).toBe(true);
});

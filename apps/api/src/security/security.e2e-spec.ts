import { startTestApp, type TestApp } from '#testing/test-app';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const STANDARD = {
  profile: 'standard',
  code: { min_length: 4, max_length: 8, claim_seconds: 60, max_attempts: 3, max_resends: 3 },
  password: { min_length: 9, max_length: 256, algorithm: 'argon2id', memory_kib: 19_456, passes: 2, lanes: 1 },
  guessing: {
    ledger_days: 30,
    long_codes_after: 2,
    per_address_short_codes: 0.0006,
    per_address_long_codes: 0.000018,
    breaker: { minutes: 60, floor: 20, share_of_activations: 0.01, ceiling: 200 },
    all_addresses_per_hour: { floor: 0.006, ceiling: 0.06 },
  },
};
const STRICT = {
  ...STANDARD,
  profile: 'strict',
  code: { ...STANDARD.code, min_length: 8, claim_seconds: 90, max_resends: 2 },
  password: { ...STANDARD.password, min_length: 15 },
  guessing: {
    ...STANDARD.guessing,
    per_address_short_codes: 6e-8,
    all_addresses_per_hour: { floor: 6e-7, ceiling: 0.000006 },
  },
};

test('the standard profile states what guessing can achieve, and may be kept for five minutes', async () => {
  const { status, body, headers } = await app.ask('/v1/security/parameters');
  expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=300']);
  expect(body).toEqual(STANDARD);
});

test('the strict profile, and other timings, state their own', async () => {
  const settings = { SECURITY_PROFILE: 'strict', CLAIM_SECONDS: '90', CLAIM_RESENDS: '2' };
  const strict = await startTestApp(settings, app.db);
  const { body, headers } = await strict.ask('/v1/security/parameters');
  await strict.stop();
  expect(headers.get('cache-control')).toBe('public, max-age=300');
  expect(body).toEqual(STRICT);
});

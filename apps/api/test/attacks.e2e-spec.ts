import { getMetadataStorage } from 'class-validator';
import fc from 'fast-check';

import { parseEmail } from '#domain/email';
import { openAdmin } from '#testing/admins';
import { TestClaimant } from '#testing/claimant';
import { leftovers, settledLeftovers } from '#testing/rows';
import type { TableRoute } from '#testing/route-table';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type Ask, type TestApp } from '#testing/test-app';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const ROUTES: readonly [method: string, path: string, basic: boolean][] = [
  ['POST', '/v1/registrations', false],
  ['POST', '/v1/registrations/activation', true],
  ['POST', '/v1/registrations/resend', true],
  ['DELETE', '/v1/registrations', true],
  ['POST', '/v1/registrations/mute', false],
];
const GOOD = { email: 'ada@example.com', password: 'correct horse battery' };
const AS = ['nobody@example.com', 'correct horse battery'] as const;

/** A refusal that a client can read: 4xx, problem+json, and nothing left behind. */
async function refused(path: string, ask: Ask, status?: number): Promise<Answer> {
  const before = await settledLeftovers(app.db);
  const answer = await app.ask(path, ask);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  if (status !== undefined) expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({ status: answer.status, code: expect.any(String), instance: expect.any(String) });
  expect(await leftovers(app.db)).toEqual(before);
  return answer;
}

const BAD_TEXTS: readonly [string, unknown][] = [
  ['missing', undefined],
  ['null', null],
  ['a number', 42],
  ['a boolean', true],
  ['an array', ['ada@example.com']],
  ['an object', { $ne: null }],
  ['empty', ''],
  ['a lone surrogate', '\ud800ada@example.com'],
  ['with NUL', 'ada\0@example.com'],
  ['huge', 'x'.repeat(15_000)],
];

describe('every field of a registration', () => {
  test.each(BAD_TEXTS)('email: %s', async (_what, email) => {
    const { body } = await refused('/v1/registrations', { body: { ...GOOD, email } }, 422);
    expect(body).toMatchObject({ errors: [{ pointer: '/email' }] });
  });

  test.each(BAD_TEXTS)('password: %s', async (_what, password) => {
    const { body, text } = await refused('/v1/registrations', { body: { ...GOOD, password } }, 422);
    expect(body).toMatchObject({ errors: [{ pointer: '/password' }] });
    if (typeof password === 'string' && password !== '') expect(text).not.toContain(password);
  });

  test.each<[string, unknown]>([
    ['too short', 'ad'],
    ['too long', 'a'.repeat(31)],
    ['upper case', 'Ada'],
    ['a digit first', '1ada'],
    ['white space', 'ada lovelace'],
    ['a line break', 'ada\n'],
    ['a number', 42],
    ['an array', ['ada']],
    ['a prototype', '__proto__'],
  ])('username: %s', async (_what, username) => {
    await refused('/v1/registrations', { body: { ...GOOD, username } }, 422);
  });

  test.each<[string, unknown]>([
    ['a path', '../en'],
    ['a number', 1],
    ['too long', 'en-Latn-GB-oxendict-x'],
    ['an object', {}],
  ])('locale: %s', async (_what, locale) => {
    await refused('/v1/registrations', { body: { ...GOOD, locale } }, 422);
  });

  test.each<[string, unknown]>([
    ['a number', 1],
    ['an array', []],
    ['huge', 'x'.repeat(600)],
    ['a lone surrogate', '\udfff'],
  ])('owner_token: %s', async (_what, owner_token) => {
    await refused('/v1/registrations', { body: { ...GOOD, owner_token } }, 422);
  });

  test.each(['create_session', 'device_name', 'roles', 'id', 'state', 'EMAIL', 'toString', 'hasOwnProperty', ''])(
    'the unknown field %j',
    async (name) => {
      const { body } = await refused('/v1/registrations', { body: { ...GOOD, [name]: 'x' } }, 422);
      expect(body).toMatchObject({ errors: [{ code: 'unknown-field' }] });
    },
  );

  test.each(['{"__proto__":{"email":"a@example.com"}}', '{"constructor":{"prototype":{"x":1}}}'])(
    'prototype keys: %s',
    async (body) => {
      await refused(
        '/v1/registrations',
        { method: 'POST', body, headers: { 'content-type': 'application/json' } },
        400,
      );
    },
  );
});

/** A body that each route with one accepts as well-formed, by the class that declares it. */
const GOOD_BODIES: Readonly<Record<string, object>> = {
  RegisterDto: GOOD,
  ActivateDto: { code: '0000' },
  MuteRegistrationDto: { owner_token: 'x', days: 1 },
  LogInDto: { email: 'nobody@example.com', password: 'correct horse battery' },
  RefreshSessionDto: { refresh_token: 'x' },
  ReauthenticateDto: { password: 'wrong horse battery' },
  RequestResetDto: { email: 'nobody@example.com' },
  ConfirmResetDto: { token: 'x', new_password: 'another horse battery' },
  ChangePasswordDto: { new_password: 'another horse battery' },
  NotMeDto: { token: 'x' },
  ChangeProfileDto: { locale: 'en' },
  RequestEmailChangeDto: { new_email: 'nobody@example.com' },
  ConfirmEmailChangeDto: { code: '00000000' },
  RevertEmailChangeDto: { token: 'x' },
  ScheduleDeletionDto: { after_days: 7 },
  VerifyReceiptDto: { receipt: 'x' },
  ChangeUserDto: { username: 'ada', display_name: 'Ada', locale: 'en', roles: ['admin'] },
  SuspendUserDto: { reason: 'Spam.' },
  OptionalReasonDto: { reason: 'A lost phone.' },
};

/** Values that no field of ours takes, whatever its rules are. */
const BAD_VALUES: readonly [string, unknown][] = [
  ['a boolean', true],
  ['a fraction', 0.5],
  ['a huge number', 1e300],
  ['an array', ['ada@example.com']],
  ['an object', { $ne: null }],
  ['empty', ''],
  ['a lone surrogate', '\ud800'],
  ['with NUL', 'ada\0'],
  ['huge', 'x'.repeat(15_000)],
];
/** Those among them that a field may take: an optional token that is empty counts as none. */
const TAKEN: ReadonlySet<string> = new Set([
  'RegisterDto.owner_token empty',
  'MuteRegistrationDto.owner_token empty',
  'RequestResetDto.owner_token empty',
  'LogInDto.device_name empty',
  'LogInDto.device_token empty',
  'ActivateDto.device_name empty',
  'RefreshSessionDto.refresh_token empty',
  // Nobody is told which names and passwords there can be, and which tokens: these are refused like any wrong one.
  ...['email', 'username', 'password'].flatMap((field) => [`LogInDto.${field} empty`, `LogInDto.${field} huge`]),
  'ReauthenticateDto.password empty',
  'ReauthenticateDto.password huge',
  'ChangePasswordDto.current_password empty',
  'ChangePasswordDto.current_password huge',
  'ConfirmResetDto.token empty',
  // The token is judged first.
  'ConfirmResetDto.new_password empty',
  'ConfirmResetDto.new_password huge',
  'NotMeDto.token empty',
  'RevertEmailChangeDto.token empty',
  'VerifyReceiptDto.receipt empty',
  // It is what the field is for.
  'ActivateDto.create_session a boolean',
]);

/** What a route wants besides its body. */
async function credentialsFor({
  isBasic,
  isBearer,
  isAdminOnly,
}: Pick<TableRoute, 'isBasic' | 'isBearer' | 'isAdminOnly'>): Promise<Ask> {
  if (isBasic) return { as: AS };
  if (isAdminOnly) {
    admin ??= (await openAdmin(app)).session;
    return { headers: { authorization: `Bearer ${admin.tokens.access_token}` } };
  }
  if (!isBearer) return {};
  session ??= await openSession();
  return { headers: { authorization: `Bearer ${session.tokens.access_token}` } };
}

let session: TestSession | undefined;
let admin: TestSession | undefined;
async function openSession(): Promise<TestSession> {
  const claimant = new TestClaimant(app, 'somebody.active@example.com');
  // The last letter of the account before this one comes before the code.
  if ((await claimant.logIn()).status !== 201) await claimant.settledLetters().then(() => claimant.becomeActive());
  return TestSession.of(app, claimant);
}

describe('every field of every body', () => {
  test('that a class declares refuses what is no value of it, and tells where', async () => {
    const routes = app.routes.filter(({ body }) => body !== undefined);
    // Routes may take the same body.
    expect([...new Set(routes.map(({ body }) => body?.name))].sort()).toEqual(Object.keys(GOOD_BODIES).sort());
    for (const { method, path, body: dto, ...wants } of routes) {
      const credentials = await credentialsFor(wants);
      const good = GOOD_BODIES[dto?.name ?? ''] ?? {};
      const rules = getMetadataStorage().getTargetValidationMetadatas(dto ?? Object, '', false, false);
      const fields = new Set(rules.map(({ propertyName }) => propertyName));
      expect(Object.keys(good).filter((name) => !fields.has(name))).toEqual([]);
      for (const field of fields) {
        const isOptional = rules.some(({ propertyName, name }) => propertyName === field && name === 'isOptional');
        const missing: readonly [string, unknown][] = [
          ['missing', undefined],
          ['null', null],
        ];
        for (const [what, value] of [...BAD_VALUES, ...(isOptional ? [] : missing)]) {
          const name = `${dto?.name ?? ''}.${field} ${what}`;
          if (TAKEN.has(name)) continue;
          const ask = { method, body: { ...good, [field]: value }, ...credentials };
          const answer = await refused(path, ask);
          expect([name, answer.status, answer.body]).toMatchObject([name, 422, { errors: [{ pointer: `/${field}` }] }]);
        }
      }
    }
  });

  test('that takes none: an empty object is none, and any field is a fault', async () => {
    // Those below /v1/oauth take a form, whose unknown parameters are ignored.
    const routes = app.routes.filter(
      ({ method, body, path }) => method !== 'GET' && !body && /^\/v1\/(?!oauth\/)/.test(path),
    );
    expect(routes.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'DELETE /v1/admin/users/:id',
      'DELETE /v1/me',
      'DELETE /v1/me/deletion',
      'DELETE /v1/me/email-change',
      'DELETE /v1/registrations',
      'DELETE /v1/sessions',
      'DELETE /v1/sessions/:id',
      'DELETE /v1/sessions/current',
      'POST /v1/registrations/resend',
    ]);
    for (const { method, path, ...wants } of routes) {
      const credentials = await credentialsFor(wants);
      const { body } = await refused(path, { method, ...credentials, body: { a: 1 } }, 422);
      expect(body).toMatchObject({ errors: [{ pointer: '/a', code: 'unknown-field' }] });
      await refused(path, { method, ...credentials, body: [] }, 422);
      await refused(path, { method, body: { a: 1 } }, 401);
      for (const nothing of [undefined, {}]) {
        const ask = { method, ...(await credentialsFor(wants)), body: nothing };
        const { status } = await app.ask(path.replace(':id', session?.id ?? ''), ask);
        // No user has the id of a session.
        expect(path.startsWith('/v1/admin/') ? status === 404 : status < 300).toBe(true);
        // Each of these ends it.
        session = undefined;
      }
    }
  });
});

describe('every field of activation and mute', () => {
  test.each<[string, unknown]>([
    ['missing', undefined],
    ['null', null],
    ['a number', 4711],
    ['three digits', '471'],
    ['nine digits', '471147114'],
    ['letters', '47a1'],
    ['white space', ' 4711'],
    ['a line break', '4711\n'],
    ['other digits', '\u0664\u0667\u0661\u0661'],
    ['an array', ['4711']],
  ])('code: %s is no guess and no strike', async (_what, code) => {
    await refused('/v1/registrations/activation', { body: { code }, as: AS }, 422);
  });

  test.each<[string, unknown]>([
    ['missing', undefined],
    ['negative', -1],
    ['too many', 31],
    ['a fraction', 0.5],
    ['text', '1'],
    ['null', null],
  ])('days: %s', async (_what, days) => {
    await refused('/v1/registrations/mute', { body: { owner_token: 'x', days } }, 422);
  });
});

describe('Basic', () => {
  const encoded = (text: string | Uint8Array): string => `Basic ${Buffer.from(text as string).toString('base64')}`;
  test.each<[string, string | undefined]>([
    ['missing', undefined],
    ['empty', ''],
    ['another scheme', 'Bearer abc'],
    ['no credentials', 'Basic'],
    ['no credentials after the blank', 'Basic '],
    ['no base64', 'Basic ***'],
    ['base64url', `Basic ${Buffer.from('a@b.cc:???>>>').toString('base64url')}`],
    ['two parts', `${encoded('ada@example.com:x')} x`],
    ['no colon', encoded('ada@example.com')],
    ['no name', encoded(':password')],
    ['ill-formed UTF-8', encoded(Uint8Array.of(0x61, 0x3a, 0xff, 0xfe))],
    ['an overlong form', encoded(Uint8Array.of(0x61, 0x3a, 0xc0, 0xaf))],
    ['a surrogate in UTF-8', encoded(Uint8Array.of(0x61, 0x3a, 0xed, 0xa0, 0x80))],
    ['NUL', encoded('ada@example.com:pass\0word')],
    ['a line break', encoded('ada@example.com:pass\r\nX: y')],
  ])('%s', async (_what, authorization) => {
    const headers = authorization === undefined ? {} : { authorization };
    for (const [method, path] of ROUTES.filter(([, , basic]) => basic)) {
      const body = path.endsWith('activation') ? { code: '4711' } : undefined;
      const answer = await refused(path, { method, headers, ...(body ? { body } : {}) }, 401);
      expect(answer.body).toMatchObject({ code: 'unauthenticated' });
      expect(answer.headers.get('www-authenticate')).toBe('Basic realm="troth", charset="UTF-8"');
    }
  });

  test('a password may hold colons, and any other character', async () => {
    for (const [index, password] of ['a:b:c:d:e:f', ':::::::::', 'pässwörd ☃ \u{1f511}'].entries()) {
      const ada = new TestClaimant(app, `colon${index}@example.com`, password);
      expect((await ada.becomeActive()).status).toBe(200);
    }
  });
});

describe('bodies', () => {
  const withBody = ROUTES.filter(([method, path]) => method === 'POST' && !path.endsWith('resend'));
  test.each<[string, string, Readonly<Record<string, string>>, number]>([
    ['broken JSON', '{"email":', { 'content-type': 'application/json' }, 400],
    ['no JSON', 'email=ada', { 'content-type': 'application/json' }, 400],
    ['JSON that nests deep', `${'['.repeat(7000)}${']'.repeat(7000)}`, { 'content-type': 'application/json' }, 400],
    ['over the limit', JSON.stringify({ email: 'x'.repeat(17_000) }), { 'content-type': 'application/json' }, 413],
    ['a form', 'email=a', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['plain text', '{}', { 'content-type': 'text/plain' }, 415],
    ['XML', '<a/>', { 'content-type': 'application/xml' }, 415],
    ['multipart', '--x', { 'content-type': 'multipart/form-data; boundary=x' }, 415],
    ['another charset', '{}', { 'content-type': 'application/json; charset=utf-16' }, 415],
    ['compressed', 'x', { 'content-type': 'application/json', 'content-encoding': 'gzip' }, 415],
    ['an array', '[]', { 'content-type': 'application/json' }, 422],
    ['null', 'null', { 'content-type': 'application/json' }, 422],
    ['a text', '"email"', { 'content-type': 'application/json' }, 422],
  ])('%s', async (_what, body, headers, status) => {
    for (const [method, path, basic] of withBody)
      await refused(path, { method, body, headers, ...(basic ? { as: AS } : {}) }, status);
  });

  test('none at all, where there has to be one', async () => {
    for (const [method, path, basic] of withBody) await refused(path, { method, ...(basic ? { as: AS } : {}) }, 422);
  });
});

describe('paths and methods', () => {
  test.each([
    '/v1',
    '/v1/',
    '/v2/registrations',
    '/v1/registrations/',
    '/v1/Registrations',
    '//v1/registrations',
    '/v1/registrations/x',
    '/%2e%2e/etc/passwd',
    '/.env',
    '/dev',
    '/metrics',
  ])('there is nothing at %s', async (path) => {
    await refused(path, {}, path.endsWith('registrations/') ? undefined : 404);
  });

  test.each(ROUTES.map(([, path]) => path))('%s takes its own methods alone', async (path) => {
    for (const method of ['GET', 'PUT', 'PATCH']) {
      const answer = await refused(path, { method }, 405);
      expect(answer.headers.get('allow')).toMatch(/POST|DELETE/);
    }
  });
});

/** The recipients of all letters, once nothing is left to send. */
async function recipients(): Promise<ReadonlySet<string>> {
  await new TestClaimant(app, 'nobody@example.com').settledLetters();
  const { letters } = (await app.ask('/dev/mailbox.json')).body as { letters: readonly { to: string }[] };
  return new Set(letters.map(({ to }) => to));
}

test('no request of random JSON is answered with 5xx, and none is mailed to somebody it does not name', async () => {
  const before = await recipients();
  const named = new Set<string | undefined>();
  const text = fc.string({ unit: 'binary' });
  const any = fc.oneof(text, fc.jsonValue(), fc.emailAddress());
  const email = fc.oneof(
    fc.emailAddress(),
    fc
      .tuple(fc.emailAddress(), fc.constantFrom(',', ';', '\n', '\r\nBcc: ', '\0', ' ', '>'))
      .map(([address, between]) => `${address}${between}eve@example.com`),
    any,
  );
  const password = fc.oneof({ weight: 3, arbitrary: fc.constant(GOOD.password) }, { weight: 1, arbitrary: any });
  const others = fc.dictionary(
    fc.constantFrom('username', 'locale', 'owner_token', 'code', 'days', '__proto__', 'x'),
    any,
    {
      maxKeys: 2,
    },
  );
  const bodies = fc
    .tuple(fc.record({ email, password }, { requiredKeys: [] }), fc.oneof(fc.constant({}), others))
    .map(([some, more]): Readonly<Record<string, unknown>> => ({ ...some, ...more }));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...ROUTES), bodies, async ([method, path, basic], body) => {
      const { status } = await app.ask(path, { method, body, ...(basic ? { as: AS } : {}) });
      expect(status).toBeLessThan(500);
      if (status === 202 && path === '/v1/registrations') named.add(parseEmail(String(body.email)));
    }),
    { numRuns: 300 },
  );
  const mailed = [...(await recipients())].filter((to) => !before.has(to));
  expect(mailed.filter((to) => !named.has(to))).toEqual([]);
  expect(mailed.length).toBeGreaterThan(0);
});

test('secrets and addresses never reach the log', async () => {
  const lines: string[] = [];
  // Nothing listens at the mail server, so that its failures are logged too.
  const settings = { LOG_LEVEL: 'trace', SMTP_URL: 'smtp://127.0.0.1:1' };
  const loud = await startTestApp(settings, app.db, { write: (line) => lines.push(line) });
  try {
    const canary = new TestClaimant(loud, 'canary-address@example.com', 'a canary of a password');
    await canary.register({ owner_token: 'canary-token' });
    await canary.activate('1234');
    await canary.resend();
    await canary.withdraw();
    await loud.ask('/letters/owner?owner_token=canary-token');
    const headers = { 'content-type': 'application/json' };
    await loud.ask('/v1/registrations', { method: 'POST', body: '{"canary-body', headers });
  } finally {
    await loud.stop();
  }
  const log = lines.join('');
  expect(log).toContain('"route":"/v1/registrations/activation"');
  expect(log).toContain('"event":"letter_postponed"');
  expect(log).not.toMatch(/canary/);
});

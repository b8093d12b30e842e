import type { AddressInfo } from 'node:net';

import type { SMTPServer } from 'smtp-server';

import { Secret } from '#domain/secret';
import type { KeyRing } from '#platform/keys/key-ring';
import { loadKeyRing } from '#platform/keys/sealed-keys';
import { type ApiProcess, startApiProcess } from '#testing/api-process';
import { type Canary, dumpOf, leaks } from '#testing/canaries';
import { closeAll } from '#testing/close-all';
import { eventually } from '#testing/eventually';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { grudgingMailServer } from '#testing/grudging-mail-server';
import { KeptAnswers, type KeptRequest } from '#testing/kept-answers';
import {
  CANARIES,
  SECRET,
  METRICS_TOKEN,
  ADA,
  PASSWORD,
  WRONG_PASSWORD,
  NEW_PASSWORD,
  RESET_PASSWORD,
  DEVICE,
  SQUATTERS_PASSWORD,
  NEW_ADA,
  DISPLAY_NAME,
  USERNAME,
  KEY,
  SOURCE,
  REASON,
} from '#testing/leak-canaries';
import { addressRow } from '#testing/rows';
import { routesOfSources } from '#testing/source-routes';

jest.setTimeout(120_000);

const canaries: Canary[] = [...CANARIES];
/** The page gives its form the token that it was opened with. */
const TOKEN_MAY_STAND_IN = [/^answer of (GET|POST) \/letters\/owner$/];

const answers = new KeptAnswers(() => api.url);
const { places, routes: asked } = answers;
const letters: string[] = [];
let db: TestDatabase;
let smtp: SMTPServer;
let api: ApiProcess;
let keys: KeyRing;
const closes: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  db = await freshDatabase();
  closes.push(() => db.drop());
  smtp = await grudgingMailServer(letters);
  closes.push(() => new Promise<void>((resolve) => smtp.close(() => resolve())));
  api = await startApiProcess({
    TROTH_SECRET: SECRET,
    METRICS_TOKEN,
    DATABASE_URL: db.appUrl,
    SMTP_URL: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
    LOG_LEVEL: 'trace',
    TRUSTED_PROXIES: '127.0.0.1/32',
    SECURITY_PROFILE: 'strict', // a code of eight digits is nobody else's number
    CLAIM_SECONDS: '3600',
    CLAIM_RESEND_GAP_SECONDS: '0',
    PURGE_INTERVAL_SECONDS: '1',
  });
  closes.push(() => api.end());
  await api.ready();
  keys = await loadKeyRing(db.sql, new Secret(SECRET), []);
  canaries.push({ name: 'password of the database', value: new URL(db.appUrl).password });
});
afterAll(() => closeAll(closes));

const ask = answers.ask.bind(answers);

const register = (more: object = {}, request: KeptRequest = {}) =>
  ask('POST /v1/registrations', '/v1/registrations', { body: { email: ADA, password: PASSWORD, ...more }, ...request });
const activate = (code: unknown, password = PASSWORD, request: KeptRequest = {}) =>
  ask('POST /v1/registrations/activation', '/v1/registrations/activation', {
    body: { code },
    as: `${ADA}:${password}`,
    ...request,
  });
const resend = (password = PASSWORD) =>
  ask('POST /v1/registrations/resend', '/v1/registrations/resend', { as: `${ADA}:${password}` });
const withdraw = (password = PASSWORD) =>
  ask('DELETE /v1/registrations', '/v1/registrations', { as: `${ADA}:${password}` });
const mute = (owner_token: string, days: unknown) =>
  ask('POST /v1/registrations/mute', '/v1/registrations/mute', { body: { owner_token, days } });
const ownerPage = (token: string) =>
  ask('GET /letters/owner', `/letters/owner?owner_token=${encodeURIComponent(token)}`);
const ownerForm = (fields: Readonly<Record<string, string>>, path = '/letters/owner') =>
  ask(`POST ${path}`, path, {
    body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });

const ownerCode = (code: string, password = PASSWORD) =>
  ownerForm({ email: ADA, password, code }, '/letters/owner/activation');

/** Derives the code of the claim and adds it, and the owner token of the day, to the canaries. */
async function learn(): Promise<{ code: string; token: string }> {
  const row = await addressRow(db, ADA);
  const code = keys.registrationCode(row?.claimId ?? '', ADA, row?.codeLength ?? 0, keys.currentKeyId);
  const [day] = await db.owner<{ today: number }[]>`
    select floor(extract(epoch from clock_timestamp()) / 86400)::int as today`;
  if (code === undefined || day === undefined) throw new Error('there is no claim');
  const token = keys.ownerToken(keys.addressKey(ADA), day.today);
  canaries.push({ name: 'code', value: code });
  canaries.push({ name: 'owner token', value: token, mayStandIn: TOKEN_MAY_STAND_IN });
  return { code, token };
}

const isIn = (text: string) =>
  eventually(() => Promise.resolve(letters.some((one) => one.includes(text)) || undefined), 30);
const wrong = (code: string): string => String((Number(code) + 1) % 1e8).padStart(8, '0');

async function dump(): Promise<void> {
  places.push(...(await dumpOf(db)));
}

let tries = 0;
/** Everything a client can do with a claim, right and wrong; what is answered does not matter here. */
async function tryAll(): Promise<number[]> {
  const token = keys.ownerToken(keys.addressKey(ADA), Math.floor(Date.now() / 86_400_000));
  return [
    await register({ username: USERNAME, owner_token: token }, { headers: { 'idempotency-key': `${KEY}-${++tries}` } }),
    await activate('00000000'),
    await activate('00000000', WRONG_PASSWORD),
    await resend(),
    await resend(WRONG_PASSWORD),
    await mute(token, 1),
    await mute(token, 0),
    await ownerPage(token),
    await ownerForm({ act: 'register', owner_token: token, email: ADA, password: PASSWORD }),
    await ownerForm({ act: 'mute', owner_token: token }),
    await ownerForm({ act: 'unmute', owner_token: token }),
    await ownerCode('00000000'),
    await withdraw(WRONG_PASSWORD),
    await withdraw(),
  ];
}

test('truth 2: a claim and its account leave nothing behind that is secret', async () => {
  const key = { headers: { 'idempotency-key': KEY }, from: SOURCE };
  await register({ password: SQUATTERS_PASSWORD }, { from: SOURCE });
  const squatted = await learn();
  await dump();
  await isIn(squatted.code);
  expect(await register({ username: USERNAME, owner_token: squatted.token }, key)).toBe(202);
  const { code, token } = await learn();
  await dump();
  await isIn(code);
  await isIn(token);
  expect(await register({ username: USERNAME }, key)).toBe(202);
  expect(await register({ username: `${USERNAME}2` }, key)).toBe(409);
  expect(await activate(wrong(code))).toBe(401);
  expect(await activate(code, WRONG_PASSWORD)).toBe(401);
  expect(await resend()).toBe(202);
  await dump();
  expect(await resend(WRONG_PASSWORD)).toBe(202);
  expect(await withdraw(WRONG_PASSWORD)).toBe(204);
  expect(await mute(token, 1)).toBe(204);
  expect(await mute(token, 0)).toBe(204);
  expect(await ownerPage(token)).toBe(200);
  expect(await ownerForm({ act: 'mute', owner_token: token })).toBe(200);
  expect(await ownerForm({ act: 'unmute', owner_token: token })).toBe(200);
  expect(await ownerCode(code, WRONG_PASSWORD)).toBe(422);
  expect(await activate(code, PASSWORD, { from: SOURCE })).toBe(200);
  expect(await ownerCode(code)).toBe(200);
  await dump();
  expect(await activate(code)).toBe(200);
  expect(await activate(wrong(code))).toBe(401);
  expect(await register()).toBe(202);
  expect(await register({ owner_token: token })).toBe(202);
  await dump();
});

/** The body of the last answer. */
function lastBody(): Readonly<Record<string, string>> {
  return JSON.parse(places.at(-1)?.text.split('\n').slice(1).join('\n') ?? '') as Record<string, string>;
}

const post = (path: string, body: object, headers: Readonly<Record<string, string>> = {}) =>
  ask(`POST ${path}`, path, { body, headers });
const logIn = (password: string, more: object = {}) => post('/v1/sessions', { email: ADA, password, ...more });

/** The token of the link to a page in a letter, once there is one; it is a canary from then on. */
async function linkToken(page: string): Promise<string> {
  const pattern = new RegExp(`/${page}\\?token=(?:3D)?([A-Za-z0-9_.-]+)`);
  const find = () => letters.map((letter) => pattern.exec(letter)?.[1]).findLast((token) => token !== undefined);
  const token = await eventually(() => Promise.resolve(find()), 30);
  canaries.push({ name: page, value: token, mayStandIn: [new RegExp(`^answer of (GET|POST) /letters/${page}$`)] });
  return token;
}

/** Logs in and adds the tokens to the canaries; resolves to the headers of a request with the access token. */
async function session(password: string): Promise<{ readonly authorization: string }> {
  expect(await logIn(password, { device_name: DEVICE })).toBe(201);
  const tokens = lastBody();
  for (const name of ['access_token', 'refresh_token', 'device_token'])
    canaries.push({ name, value: tokens[name] ?? '', mayStandIn: [/^answer of POST \/v1\/sessions$/] });
  await dump();
  expect(await post('/v1/sessions/refresh', { refresh_token: tokens.access_token })).toBe(401);
  expect(await logIn(WRONG_PASSWORD, { device_token: tokens.device_token })).toBe(401);
  return { authorization: `Bearer ${tokens.access_token ?? ''}` };
}

test('truth 2: nor does a session, nor a password that is changed, reset or disowned', async () => {
  const headers = await session(PASSWORD);
  const to = (route: string, path = route.split(' ')[1] ?? '', body?: object) =>
    ask(route, path, { headers, ...(body === undefined ? {} : { body }) });
  expect([await to('GET /v1/me'), await to('GET /v1/sessions'), await to('GET /v1/me/export')]).toEqual([
    200, 200, 200,
  ]);
  const again = 'POST /v1/sessions/current/reauthentication';
  expect(await to(again, undefined, { password: WRONG_PASSWORD })).toBe(401);
  expect(await to(again, undefined, { password: PASSWORD })).toBe(200);
  expect(
    await to('PUT /v1/me/password', undefined, { current_password: WRONG_PASSWORD, new_password: NEW_PASSWORD }),
  ).toBe(401);
  expect(await to('PUT /v1/me/password', undefined, { current_password: PASSWORD, new_password: NEW_PASSWORD })).toBe(
    204,
  );
  await dump();
  const notMe = await linkToken('not-me');
  expect(await ask('GET /letters/not-me', `/letters/not-me?token=${notMe}`)).toBe(200);
  expect(await post('/v1/security/not-me', { token: PASSWORD })).toBe(400);
  expect(await ownerForm({ token: notMe }, '/letters/not-me')).toBe(200);
  expect(await to('GET /v1/me')).toBe(401);
  expect(await post('/v1/password-resets', { email: ADA }, { 'idempotency-key': KEY })).toBe(202);
  const reset = await linkToken('password-reset');
  await dump();
  expect(await ask('GET /letters/password-reset', `/letters/password-reset?token=${reset}`)).toBe(200);
  expect(await post('/v1/password-resets/confirm', { token: PASSWORD, new_password: RESET_PASSWORD })).toBe(400);
  expect(await post('/v1/password-resets/confirm', { token: reset, new_password: RESET_PASSWORD })).toBe(204);
  expect(await ownerForm({ email: ADA }, '/letters/password-reset/another')).toBe(202);
  expect(await ownerForm({ token: PASSWORD, new_password: RESET_PASSWORD }, '/letters/password-reset')).toBe(400);
  await dump();
});

test('truth 2: nor does the end of sessions', async () => {
  expect(await logIn(NEW_PASSWORD)).toBe(401);
  const headers = await session(RESET_PASSWORD);
  const end = (route: string, path: string) => ask(route, path, { headers });
  expect(await end('DELETE /v1/sessions/:id', '/v1/sessions/01a20d96-fc7a-7d2f-a487-006739ba91f0')).toBe(404);
  for (const path of ['/v1/oauth/introspect', '/v1/oauth/revoke']) {
    const form = { body: `token=${headers.authorization.slice(7)}`, as: `${ADA}:${PASSWORD}` };
    const asked = ask(`POST ${path}`, path, {
      ...form,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(await asked).toBe(401);
  }
  expect(await end('DELETE /v1/sessions', '/v1/sessions?except=current')).toBe(204);
  expect(await end('DELETE /v1/sessions/current', '/v1/sessions/current')).toBe(204);
  expect(await ask('GET /.well-known/jwks.json', '/.well-known/jwks.json')).toBe(200);
  await dump();
});

test('truth 2: nor does a profile, nor an address that is changed and taken back', async () => {
  const headers = await session(RESET_PASSWORD);
  const to = (route: string, body?: object) =>
    ask(route, route.split(' ')[1] ?? '', { headers, ...(body === undefined ? {} : { body }) });
  const confirm = (code: string) => to('POST /v1/me/email-change/confirm', { code });
  const revert = (token: string) => post('/v1/email-change/revert', { token });
  // Somebody said above that it was not them.
  await db.owner`update account set changes_frozen_until = null`;
  expect(await to('PATCH /v1/me', { display_name: DISPLAY_NAME })).toBe(200);
  expect(await to('PATCH /v1/me', { username: PASSWORD })).toBe(422);
  expect(await to('POST /v1/me/email-change', { new_email: NEW_ADA })).toBe(202);
  await dump();
  expect([await confirm('00000000'), await to('DELETE /v1/me/email-change')]).toEqual([401, 204]);
  expect(await to('POST /v1/me/email-change', { new_email: NEW_ADA })).toBe(202);
  const [change] = await db.owner<{ id: string }[]>`select id from email_change`;
  const code = keys.emailChangeCode(change?.id ?? '', NEW_ADA, keys.currentKeyId) ?? '';
  canaries.push({ name: 'code of a change', value: code });
  expect([await isIn(code), await confirm(code)]).toEqual([true, 200]);
  const token = await linkToken('email-change-revert');
  await dump();
  const page = '/letters/email-change-revert';
  expect(await ask(`GET ${page}`, `${page}?token=${token}`)).toBe(200);
  expect([await revert(PASSWORD), await ownerForm({ token: PASSWORD }, page)]).toEqual([400, 400]);
  const former = await linkToken('password-reset');
  expect(await revert(token)).toBe(204);
  const newest = async () => [await linkToken('password-reset')].find((one) => one !== former);
  const reset = { token: await eventually(newest, 30), new_password: RESET_PASSWORD };
  expect(await post('/v1/password-resets/confirm', reset)).toBe(204);
  await dump();
});

test('truth 2: nor does what administrators see and do', async () => {
  const headers = await session(RESET_PASSWORD);
  const [ada] = await db.owner<{ id: string }[]>`
    update account set roles = '{admin}' where id = (select account_id from address where email = ${ADA}) returning id`;
  const [bob] = await db.owner<{ id: string }[]>`
    with subject as (insert into audit_subject (wrapped_key) values (${keys.wrapNewSubjectKey()}::bytea) returning id)
    insert into account (subject_id) select id from subject returning id`;
  const to = (route: string, more = '', body?: object) => {
    const path = (route.split(' ')[1] ?? '').replace(':id', (route.startsWith('P') ? ada?.id : bob?.id) ?? '');
    return ask(route, path + more, { headers, ...(body === undefined ? {} : { body }) });
  };
  expect(await to('GET /v1/admin/users', `?email=${encodeURIComponent(ADA)}`)).toBe(200);
  expect(await to('GET /v1/admin/users', `?email=${encodeURIComponent(PASSWORD)}&status=${USERNAME}`)).toBe(422);
  expect(await to('GET /v1/admin/users/:id')).toBe(200);
  expect(await to('PATCH /v1/admin/users/:id', '', { locale: 'fr' })).toBe(200);
  expect(await to('PATCH /v1/admin/users/:id', '', { display_name: `${PASSWORD}\n${PASSWORD}` })).toBe(422);
  expect(await to('POST /v1/admin/users/:id/suspension', '', { reason: REASON })).toBe(409);
  const path = `/v1/admin/users/${bob?.id ?? ''}/suspension`;
  const suspension = { headers: { ...headers, 'idempotency-key': KEY }, body: { reason: REASON } };
  expect(await ask('POST /v1/admin/users/:id/suspension', path, suspension)).toBe(204);
  expect(await to('DELETE /v1/admin/users/:id/suspension', '', { reason: REASON })).toBe(204);
  expect(await to('DELETE /v1/admin/users/:id/sessions', '', { reason: REASON })).toBe(204);
  expect(await to('GET /v1/admin/audit-events', '?limit=100')).toBe(200);
  expect(await to('GET /v1/admin/audit-events/verify')).toBe(200);
  expect(await to('DELETE /v1/admin/users/:id')).toBe(200);
  expect(await to('GET /v1/me/activity', '?limit=100')).toBe(200);
  await db.owner`update account set roles = '{}'`;
  await dump();
});

test('truth 2: nor does an account that is deleted, nor its receipt', async () => {
  const headers = { ...(await session(RESET_PASSWORD)), 'idempotency-key': KEY };
  const to = (route: string, path = '/v1/me/deletion', body?: object) =>
    ask(route, path, { headers, ...(body === undefined ? {} : { body }) });
  const later = () => to('POST /v1/me/deletion', undefined, { after_days: 7 });
  expect(await later()).toBe(403);
  await db.owner`update account set changes_frozen_until = null`;
  expect([await later(), await to('GET /v1/me/deletion'), await to('DELETE /v1/me/deletion')]).toEqual([202, 200, 204]);
  expect(await to('DELETE /v1/me', '/v1/me')).toBe(200);
  const { receipt = '' } = lastBody();
  canaries.push({ name: 'receipt', value: receipt, mayStandIn: [/^answer of DELETE \/v1\/me$/] });
  expect(await post('/v1/deletion-receipts/verify', { receipt })).toBe(200);
  await dump();
});

test('truth 2: nor do requests that are refused', async () => {
  expect(await register({ email: `${ADA} ` + ADA })).toBe(422);
  expect(await register({ password: ADA })).toBe(422);
  expect(await register({ [PASSWORD]: PASSWORD })).toBe(422);
  expect(await register({ username: PASSWORD, locale: PASSWORD })).toBe(422);
  expect(await activate(PASSWORD)).toBe(422);
  expect(await activate(undefined, PASSWORD, { headers: { authorization: `Basic ${PASSWORD}` } })).toBe(401);
  expect(await mute(ADA, PASSWORD)).toBe(422);
  expect(await ownerForm({ act: 'register', owner_token: 'x', email: PASSWORD, password: PASSWORD })).toBe(422);
  expect(await ownerCode(PASSWORD)).toBe(422);
  for (const type of ['application/json', 'text/plain', PASSWORD])
    expect(
      await register({}, { body: `{"${ADA}": "${PASSWORD}`, headers: { 'content-type': type } }),
    ).toBeGreaterThanOrEqual(400);
  expect(await register({ email: ADA + PASSWORD.repeat(1000) })).toBe(413);
  expect(await register({}, { headers: { 'idempotency-key': `${KEY} ${PASSWORD}` } })).toBe(400);
  await ask('GET /nowhere', `/${encodeURIComponent(PASSWORD)}?email=${ADA}`);
  await ask('GET /problems/:code', `/problems/${encodeURIComponent(PASSWORD)}`);
  await ask('GET /metrics', '/metrics', { headers: { authorization: `Bearer ${PASSWORD}` } });
  const ofOne = { from: '192.0.2.1' };
  const statuses: number[] = [];
  while (statuses.at(-1) !== 429 && statuses.length < 20) statuses.push(await register({}, ofOne));
  expect(statuses.at(-1)).toBe(429);
});

test.each<[string, (db: TestDatabase) => Promise<void>, (db: TestDatabase) => Promise<void>]>([
  [
    'a constraint, whose refusal shows the row',
    async ({ owner }) => {
      await owner`alter table address add constraint leaky check (email = '') not valid`;
      await owner`alter table idempotency_key add constraint leaky check (scope = '') not valid`;
      await owner`alter table registration_mute add constraint leaky check (address_key = '') not valid`;
    },
    async ({ owner }) => {
      await owner`alter table address drop constraint leaky`;
      await owner`alter table idempotency_key drop constraint leaky`;
      await owner`alter table registration_mute drop constraint leaky`;
    },
  ],
  [
    'a column that is gone, whose error shows the statement',
    async ({ owner }) => {
      await owner`alter table address rename column locale to gone`;
      await owner`alter table registration_mute rename column muted_until to gone`;
    },
    async ({ owner }) => {
      await owner`alter table address rename column gone to locale`;
      await owner`alter table registration_mute rename column gone to muted_until`;
    },
  ],
  [
    'a function that fails with the values it was given',
    async ({ owner }) => {
      await owner`
        create function leaky() returns trigger language plpgsql as $$
        begin
          raise exception 'row % in %', new, current_query()
            using detail = 'of ada.canary+mail@nowhere.example', hint = 'Kanarienvogel: im Kohlebergwerk/7';
        end $$`;
      await owner`create trigger leaky before insert or update on address_quota for each row execute function leaky()`;
      await owner`create trigger leaky before insert or update on registration_mute for each row execute function leaky()`;
    },
    async ({ owner }) => {
      await owner`drop function leaky() cascade`;
    },
  ],
])('truth 2: nor does %s', async (_, breakIt, mendIt) => {
  await db.owner`delete from address where email = ${ADA}`;
  await breakIt(db);
  const statuses = await tryAll();
  await mendIt(db);
  expect(statuses.filter((status) => status === 500).length).toBeGreaterThan(2);
  await register();
  await learn();
  await dump();
  await withdraw();
});

test('truth 2: nor does a database that goes away', async () => {
  await db.owner`alter table address rename to address_elsewhere`;
  await tryAll();
  await db.owner`alter table address_elsewhere rename to address`;
  const [cut] = await db.owner<{ cut: number }[]>`
    select count(pg_terminate_backend(pid))::int as cut from pg_stat_activity
     where usename = 'troth_app' and datname = current_database()`;
  expect(cut?.cut).toBeGreaterThan(0);
  await tryAll();
  await dump();
});

test('truth 2: every endpoint was asked', async () => {
  const open = [
    '/health/live',
    '/health/ready',
    '/v1/security/parameters',
    '/v1/privacy/inventory',
    '/v1/privacy/retention',
  ];
  for (const path of open) await ask(`GET ${path}`, path);
  expect(routesOfSources().filter((route) => !asked.has(route))).toEqual([]);
});

test('truth 2: no answer, log line, figure or row holds the code, the token, the password or the address', async () => {
  expect(await ask('GET /metrics', '/metrics', { headers: { authorization: `Bearer ${METRICS_TOKEN}` } })).toBe(200);
  await api.end();
  const output = api.output();
  for (const event of ['"event":"request"', '"event":"request_failed"', '"event":"letter_postponed"'])
    expect(output).toContain(event);
  places.push({ of: 'output', text: output });
  const unsealed = places.filter(({ of }) => of === 'dump of address').map(({ text }) => text);
  expect(unsealed.join()).toContain(ADA);
  expect(leaks(canaries, places)).toEqual([]);
});

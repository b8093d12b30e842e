import { createHash } from 'node:crypto';

import { createLocalJWKSet, compactVerify, jwtVerify, type JSONWebKeySet } from 'jose';

import { findSession, type LiveSession } from '#data/session';
import { TestClaimant } from '#testing/claimant';
import { changeAddress } from '#testing/email-changes';
import { decodeJwt, decodeProtectedHeader } from '#testing/jwt';
import { events, leftovers, settledLeftovers } from '#testing/rows';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { ageSession } from '#testing/time-travel';
import { times } from '#testing/turns';
import { workOf } from '#testing/work-of';

import { EraseAccount } from './erase-account.usecase.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

/** The answer to an erasure. */
interface Erasure {
  readonly receipt: string;
  readonly opening: { readonly account_id: string; readonly salt: string };
  readonly erased: readonly { readonly class: string; readonly count: number }[];
  readonly retained: readonly { readonly class: string; readonly reason: string; readonly until: string }[];
}

let people = 0;
async function active(): Promise<TestClaimant> {
  const ada = new TestClaimant(app, `leaver${++people}@example.com`);
  if ((await ada.becomeActive()).status !== 200) throw new Error('not active');
  return ada;
}

const erase = (session: TestSession): Promise<Answer> => session.ask('/v1/me', { method: 'DELETE' });
const codeOf = ({ body }: Answer): unknown => (body as { code?: unknown } | undefined)?.code;
const verified = (receipt: string): Promise<Answer> => app.ask('/v1/deletion-receipts/verify', { body: { receipt } });
const keySet = async (): Promise<JSONWebKeySet> => (await app.ask('/.well-known/jwks.json')).body as JSONWebKeySet;

async function erased(session: TestSession): Promise<Erasure> {
  const answer = await erase(session);
  if (answer.status !== 200) throw new Error(`the erasure was answered ${answer.status}: ${answer.text}`);
  return answer.body as Erasure;
}

async function accountIdOf({ email }: TestClaimant): Promise<string> {
  const [row] = await app.db.owner<{ id: string }[]>`select account_id as id from address where email = ${email}`;
  return row?.id ?? '';
}

test('erases everything of the account, and says what went and what stays, until when and why', async () => {
  const before = await settledLeftovers(app.db);
  const ada = await active();
  const [own] = [await TestSession.of(app, ada), await TestSession.of(app, ada)];
  await app.ask('/v1/password-resets', { body: { email: ada.email } });
  const accountId = await accountIdOf(ada);
  await ada.settledLetters();
  const began = Date.now();
  const { opening, erased: went, retained } = await erased(own);
  expect(opening).toEqual({ account_id: accountId, salt: expect.stringMatching(/^[\w-]{43}$/) });
  expect(Object.fromEntries(went.map((one) => [one.class, one.count]))).toEqual({
    address: 1,
    profile: 1,
    credentials: 1,
    sessions: 2,
    tokens: 1,
    limits: 2,
    keys: 1,
  });
  expect(retained.map((one) => one.class)).toEqual(['limits', 'audit', 'letters', 'tokens']);
  for (const { reason, until } of retained) {
    expect(reason.length).toBeGreaterThan(20);
    expect(until).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(new Date(until).getTime()).toBeGreaterThan(began);
  }
  await ada.settledLetters();
  expect(await leftovers(app.db)).toEqual(before);
  expect((await events(app.db)).at(-1)).toBe('account.deleted');
});

test('a stock library verifies the receipt with the key set alone, and the opening makes the commitment', async () => {
  const ada = await active();
  const session = await TestSession.of(app, ada);
  const { receipt, opening, erased: went, retained } = await erased(session);
  const issuer = String(decodeJwt(session.tokens.access_token).iss);
  const { protectedHeader, payload } = await compactVerify(receipt, createLocalJWKSet(await keySet()));
  expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'deletion-receipt+jwt', kid: expect.any(String) });
  const claims = JSON.parse(Buffer.from(payload).toString()) as Record<string, unknown>;
  expect(Object.keys(claims)).toEqual(['iss', 'jti', 'iat', 'commitment', 'erased', 'retained']);
  expect(claims).toMatchObject({
    iss: issuer,
    erased: expect.arrayContaining(went.map((one) => one.class)),
    retained: retained.map((one) => ({ class: one.class, until: one.until })),
  });
  const accountId = Buffer.from(opening.account_id.replaceAll('-', ''), 'hex');
  const hash = createHash('sha256').update(Buffer.from(opening.salt, 'base64url')).update(accountId);
  expect(claims.commitment).toBe(hash.digest('base64url'));
  const typ = 'deletion-receipt+jwt';
  await jwtVerify(receipt, createLocalJWKSet(await keySet()), { typ, issuer });
  await expect(jwtVerify(receipt, createLocalJWKSet(await keySet()), { typ: 'at+jwt' })).rejects.toThrow('typ');
});

test('every token of the account is refused, and a log-in answers as for an unknown address', async () => {
  const ada = await active();
  const [own, other] = [await TestSession.of(app, ada), await TestSession.of(app, ada)];
  const reset = await ada.resetToken();
  await erased(own);
  for (const session of [own, other]) {
    const [me, refreshed] = [await session.ask('/v1/me'), await session.refresh()];
    expect([me.status, codeOf(me), refreshed.status]).toEqual([401, 'session-revoked', 401]);
  }
  const confirm = { token: reset, new_password: 'another horse battery' };
  expect(codeOf(await app.ask('/v1/password-resets/confirm', { body: confirm }))).toBe('invalid-token');
  const nobody = new TestClaimant(app, 'nobody.at.all@example.com');
  const [gone, unknown] = [await workOf(app, () => ada.logIn()), await workOf(app, () => nobody.logIn())];
  expect(gone).toEqual(unknown);
  expect([gone.status, gone.hashes]).toEqual([401, 1]);
  const withDevice = await ada.logIn({ device_token: own.tokens.device_token });
  expect([withDevice.status, codeOf(withDevice)]).toEqual([401, 'invalid-credentials']);
});

test('the address can be registered again at once, muted or not, and the old receipt still holds', async () => {
  const ada = await active();
  const accountId = await accountIdOf(ada);
  const owner_token = await ada.ownerToken();
  await app.ask('/v1/registrations/mute', { body: { owner_token, days: 30 } });
  const { receipt } = await erased(await TestSession.of(app, ada));
  await ada.settledLetters();
  expect((await verified(receipt)).body).toEqual({ valid: true, account_absent: true });
  expect((await ada.becomeActive()).status).toBe(200);
  expect(await accountIdOf(ada)).not.toBe(accountId);
  expect((await verified(receipt)).body).toEqual({ valid: true, account_absent: true });
  expect((await ada.logIn()).status).toBe(201);
});

test('the last letter carries receipt and opening, and goes after the answer', async () => {
  const ada = await active();
  const { receipt, opening, retained } = await erased(await TestSession.of(app, ada));
  const { subject, text } = await ada.letter(2);
  expect(subject).toBe('Your account is deleted');
  for (const part of [receipt, opening.account_id, opening.salt, '/.well-known/jwks.json'])
    expect(text).toContain(part);
  for (const { reason, until } of retained)
    expect(text).toContain(`Until ${until.slice(0, 16).replace('T', ' ')} UTC at most: ${reason}`);
  expect(text).toContain('As you asked, the account');
});

describe('of an account that moved within seven days', () => {
  test('the former address hears of it as well, and is not told what opens the receipt', async () => {
    const ada = await active();
    const session = await TestSession.of(app, ada);
    const { owner: thief } = await changeAddress(app, session, ada, `thief${++people}@example.net`);
    const { receipt, opening } = await erased(session);
    const { subject, text } = await ada.letter(3);
    expect(subject).toBe('Your account is deleted');
    expect(text).toContain('The account that had this e-mail address until some days ago was erased.');
    expect(text).toContain(receipt);
    for (const secret of [opening.account_id, opening.salt, thief.email]) expect(text).not.toContain(secret);
    expect((await thief.letter(2)).text).toContain(opening.salt);
  });

  test('each former address gets one letter, and none is written to an address that it has again', async () => {
    const ada = await active();
    const session = await TestSession.of(app, ada);
    const { owner: there } = await changeAddress(app, session, ada, `there${++people}@example.net`);
    await changeAddress(app, session, there, ada.email);
    await changeAddress(app, session, ada, there.email);
    const { receipt } = await erased(session);
    for (const one of [ada, there]) {
      const told = (await one.settledLetters()).filter(({ text }) => text.includes(receipt));
      expect(told).toHaveLength(1);
    }
  });

  test('letters to it wait no longer than its token', async () => {
    const ada = await active();
    const session = await TestSession.of(app, ada);
    await changeAddress(app, session, ada, `there${++people}@example.net`);
    await app.db.owner`update account_token set expires_at = clock_timestamp() where purpose = 'email_change_revert'`;
    const { receipt } = await erased(session);
    expect((await ada.settledLetters()).filter(({ text }) => text.includes(receipt))).toEqual([]);
  });
});

test('of fifty deletions at once one is answered 200, and the others 401', async () => {
  const ada = await active();
  const session = await TestSession.of(app, ada);
  const answers = await times(50, () => erase(session));
  const refused = answers.filter(({ status }) => status !== 200);
  expect([answers.length - refused.length, new Set(refused.map(codeOf))]).toEqual([1, new Set(['session-revoked'])]);
  expect((await ada.settledLetters()).map(({ subject }) => subject).slice(1)).toEqual(['Your account is deleted']);
});

test('costs three statements and no hash: the guard, what has to be known, and the erasure', async () => {
  const session = await TestSession.of(app, await active());
  await session.isAlive();
  expect(await workOf(app, () => erase(session))).toMatchObject({ status: 200, statements: 3, hashes: 0 });
});

test('with struck claims of the address the answer says that the ledger remembers them', async () => {
  const ada = await active();
  const [row] = await app.db.owner<{ until: Date }[]>`
    insert into struck_claim (claim_id, address_key, struck_at)
    values (gen_random_uuid(), ${await ada.addressKey()}, clock_timestamp() - interval '10 days')
    returning struck_at + interval '30 days' as until`;
  const { retained } = await erased(await TestSession.of(app, ada));
  expect(retained.filter((one) => one.class === 'limits').map(({ until }) => until)).toEqual([
    expect.any(String),
    row?.until.toISOString(),
  ]);
});

describe('by an administrator', () => {
  async function subjectOf(claimant: TestClaimant, roles: string): Promise<string> {
    const [row] = await app.db.owner<{ subject: string }[]>`
      update account set roles = ${roles}::text[]
       where id = (select account_id from address where email = ${claimant.email}) returning subject_id as subject`;
    return row?.subject ?? '';
  }
  async function liveSessionOf(claimant: TestClaimant): Promise<LiveSession> {
    const session = await findSession(app.db.sql, (await TestSession.of(app, claimant)).id);
    if (!session) throw new Error('there is no session');
    return session;
  }
  const ASKER = { source: '192.0.2.1', requestId: 'a request' };

  test('erases likewise; the letter says who did, and the event names them', async () => {
    const [admin, ada] = [await active(), await active()];
    const subject = await subjectOf(admin, '{admin}');
    const accountId = await accountIdOf(ada);
    const administrator = await liveSessionOf(admin);
    const { receipt, opening } = await app.get(EraseAccount).run(accountId, { administrator }, ASKER);
    expect((await verified(receipt)).body).toEqual({ valid: true, account_absent: true });
    const { text } = await ada.letter(2);
    for (const part of ['An administrator of the service', receipt, opening.salt]) expect(text).toContain(part);
    const [event] = await app.db.owner`
      select actor_id as actor, request_id as request from audit_event where event = 'account.deleted' order by id desc limit 1`;
    expect(event).toEqual({ actor: subject, request: 'a request' });
    await subjectOf(admin, '{}');
  });

  test('is refused to who is none any more, and of an account that is gone there is nothing', async () => {
    const [admin, ada] = [await active(), await active()];
    const nobody = await subjectOf(admin, '{}');
    const erasing = app.get(EraseAccount);
    const accountId = await accountIdOf(ada);
    const administrator = await liveSessionOf(admin);
    await expect(erasing.run(accountId, { administrator }, ASKER)).rejects.toMatchObject({ code: 'forbidden' });
    await subjectOf(admin, '{admin}');
    await expect(erasing.run(nobody, { administrator }, ASKER)).rejects.toMatchObject({ code: 'not-found' });
    const own = erasing.run(await accountIdOf(admin), { administrator }, ASKER);
    await expect(own).rejects.toMatchObject({ code: 'last-admin' });
    await subjectOf(admin, '{}');
  });
});

describe('is refused, and changes nothing', () => {
  test('when the user was not authenticated lately', async () => {
    const ada = await active();
    const session = await TestSession.of(app, ada);
    await ageSession(app.db, session.id, 301);
    await session.renew();
    const answer = await erase(session);
    expect([answer.status, codeOf(answer)]).toEqual([401, 'reauthentication-required']);
    expect(answer.headers.get('www-authenticate')).toContain('max_age=300');
    expect(await session.isAlive()).toBe(true);
  });

  test('when somebody said that somebody else was at the account', async () => {
    const ada = await active();
    const session = await TestSession.of(app, ada);
    await app.db.owner`
      update account set changes_frozen_until = clock_timestamp() + interval '1 hour' where id = ${await accountIdOf(ada)}::uuid`;
    const answer = await erase(session);
    expect([answer.status, codeOf(answer), await session.isAlive()]).toEqual([403, 'changes-frozen', true]);
  });

  test('when nobody would be left to administrate, and not when somebody is', async () => {
    const admins = [await active(), await active()] as const;
    const sessions = [await TestSession.of(app, admins[0]), await TestSession.of(app, admins[1])] as const;
    for (const admin of admins)
      await app.db.owner`update account set roles = '{admin}' where id = ${await accountIdOf(admin)}::uuid`;
    expect((await erase(sessions[0])).status).toBe(200);
    const answer = await erase(sessions[1]);
    expect([answer.status, codeOf(answer), await sessions[1].isAlive()]).toEqual([409, 'last-admin', true]);
    await app.db.owner`update account set roles = '{}'`;
    expect((await erase(sessions[1])).status).toBe(200);
  });

  test('without an access token', async () => {
    expect(codeOf(await app.ask('/v1/me', { method: 'DELETE' }))).toBe('unauthenticated');
  });
});

describe('a receipt', () => {
  let receipt: string;
  beforeAll(async () => {
    ({ receipt } = await erased(await TestSession.of(app, await active())));
  });

  test('opens nothing as an access token', async () => {
    for (const path of ['/v1/me', '/v1/sessions'])
      expect(codeOf(await app.ask(path, { headers: { authorization: `Bearer ${receipt}` } }))).toBe('unauthenticated');
    expect(Object.keys(decodeJwt(receipt))).not.toEqual(expect.arrayContaining(['sub', 'aud', 'exp']));
  });

  test('is signed by a key that signs no access tokens, and that every process publishes', async () => {
    const session = await TestSession.of(app, await active());
    const { kid } = decodeProtectedHeader(receipt);
    expect(decodeProtectedHeader(session.tokens.access_token).kid).not.toBe(kid);
    const replica = await startTestApp({}, app.db);
    try {
      const { keys } = (await replica.ask('/.well-known/jwks.json')).body as { keys: { kid: string }[] };
      expect(keys.map((key) => key.kid)).toContain(kid);
      const asked = await replica.ask('/v1/deletion-receipts/verify', { body: { receipt } });
      expect(asked.body).toEqual({ valid: true, account_absent: true });
    } finally {
      await replica.stop();
    }
  });

  test('of an account that is there is valid, and the account is not absent', async () => {
    // As if the transaction had never been: a backup was put back.
    const ada = await active();
    const session = await TestSession.of(app, ada);
    const { receipt: ofAda, opening } = await erased(session);
    await app.db.owner`
      with subject as (insert into audit_subject (wrapped_key) values ('\\x00') returning id)
      insert into account (id, subject_id, deletion_salt)
      select ${opening.account_id}::uuid, id, ${Buffer.from(opening.salt, 'base64url')} from subject`;
    expect((await verified(ofAda)).body).toEqual({ valid: true, account_absent: false });
  });
});

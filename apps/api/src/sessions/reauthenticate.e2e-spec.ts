import { Controller, Post } from '@nestjs/common';

import { Database } from '#data/database';
import { reauthenticate } from '#data/reauthentication';
import type { LiveSession } from '#data/session';
import { Session, StepUp } from '#platform/http/bearer';
import { KeysModule } from '#platform/keys/keys.module';
import { TokensModule } from '#platform/tokens/tokens.module';
import { TestClaimant } from '#testing/claimant';
import { eventually } from '#testing/eventually';
import { FrameApp } from '#testing/frame-app';
import { decodeJwt } from '#testing/jwt';
import { TestSession } from '#testing/sessions';
import { startTestApp, TEST_SECRET, type Answer, type TestApp } from '#testing/test-app';
import { ageSession } from '#testing/time-travel';

@Controller('serious')
class SeriousController {
  @Post()
  @StepUp()
  act(@Session() { sessionId }: LiveSession): object {
    return { sessionId };
  }
}

let app: TestApp;
/** Another replica, with a route that asks for a recent authentication. */
let serious: FrameApp;
beforeAll(async () => {
  app = await startTestApp({ PUBLIC_URL: 'http://troth.test' });
  const settings = { DATABASE_URL: app.db.appUrl, TROTH_SECRET: TEST_SECRET };
  serious = await FrameApp.start([SeriousController], settings, [], undefined, [KeysModule, TokensModule]);
});
afterAll(async () => {
  await serious.close();
  await app.stop();
});

const PATH = '/v1/sessions/current/reauthentication';
const WRONG = 'wrong horse battery';

let nth = 0;
async function loggedIn(): Promise<{ readonly ada: TestClaimant; readonly session: TestSession }> {
  const ada = new TestClaimant(app, `again${++nth}@example.com`);
  await ada.becomeActive();
  return { ada, session: await TestSession.of(app, ada) };
}

/** The same, six minutes ago: the access token is of a refresh since. */
async function loggedInLongAgo(): Promise<{ readonly ada: TestClaimant; readonly session: TestSession }> {
  const one = await loggedIn();
  await ageSession(app.db, one.session.id, 360);
  await one.session.renew();
  return one;
}

function show(session: TestSession, password: unknown): Promise<Answer> {
  return session.ask(PATH, { body: { password } });
}

async function actWith(token: string): Promise<readonly [status: number, body: unknown, challenge: string | null]> {
  const answer = await serious.fetch('/serious', { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  return [answer.status, await answer.json(), answer.headers.get('www-authenticate')];
}

const tokenOf = ({ body }: Answer): string => (body as { access_token: string }).access_token;
const codeOf = ({ body }: Answer): unknown => (body as { code?: unknown }).code;

test('the password brings an access token of the same session and generation, by three statements', async () => {
  const { ada, session } = await loggedInLongAgo();
  await session.isAlive();
  app.statements();
  const answer = await show(session, ada.password);
  const texts = app.statements().filter((text) => !text.includes('letter'));
  expect([answer.status, answer.body]).toEqual([
    200,
    { access_token: expect.any(String), token_type: 'Bearer', expires_in: 300 },
  ]);
  expect(texts.map((text) => /password_recipe|reauthenticate|from session/.exec(text)?.[0])).toEqual([
    'from session',
    'password_recipe',
    'reauthenticate',
  ]);
  const [before, after] = [decodeJwt(session.tokens.access_token), decodeJwt(tokenOf(answer))];
  expect(after).toMatchObject({ sid: before.sid, sub: before.sub, amr: ['pwd'] });
  expect(String(after.jti).split('.')[0]).toBe(String(before.jti).split('.')[0]);
  expect(Number(after.auth_time) - Number(before.auth_time)).toBeGreaterThanOrEqual(360);
  expect(after.jti).not.toBe(before.jti);
});

test('a route that asks for it takes the new token; the one from before it does not', async () => {
  const { ada, session } = await loggedInLongAgo();
  const [status, body, challenge] = await actWith(session.tokens.access_token);
  expect([status, body, challenge]).toEqual([
    401,
    expect.objectContaining({ code: 'reauthentication-required' }),
    'Bearer realm="troth", error="insufficient_user_authentication", max_age=300',
  ]);
  const token = tokenOf(await show(session, ada.password));
  expect(await actWith(token)).toEqual([201, { sessionId: session.id }, null]);
  expect((await actWith(session.tokens.access_token))[0]).toBe(401);
});

test('a new log-in counts, for five minutes', async () => {
  const { session } = await loggedIn();
  expect((await actWith(session.tokens.access_token))[0]).toBe(201);
  await ageSession(app.db, session.id, 290);
  await session.renew();
  expect((await actWith(session.tokens.access_token))[0]).toBe(201);
  await ageSession(app.db, session.id, 15);
  await session.renew();
  expect((await actWith(session.tokens.access_token))[0]).toBe(401);
});

test('a request that is refused for it shows all the same that its tokens arrived', async () => {
  const { session } = await loggedInLongAgo();
  expect((await actWith(session.tokens.access_token))[0]).toBe(401);
  const [row] = await app.db.owner<{ isUsed: boolean }[]>`
    select generation_is_used as "isUsed" from session where id = ${session.id}::uuid`;
  expect(row).toEqual({ isUsed: true });
});

test('the next refresh keeps the time of the reauthentication, and the refresh token stays the same', async () => {
  const { ada, session } = await loggedInLongAgo();
  const token = tokenOf(await show(session, ada.password));
  await session.renew();
  expect(decodeJwt(session.tokens.access_token)).toMatchObject({ auth_time: decodeJwt(token).auth_time });
  expect((await actWith(session.tokens.access_token))[0]).toBe(201);
});

test('after a refresh whose answer was lost it says nothing of the new tokens, and the old ones still work', async () => {
  const { ada, session } = await loggedIn();
  await ageSession(app.db, session.id, 60);
  await session.refresh();
  session.tokens = { ...session.tokens, access_token: tokenOf(await show(session, ada.password)) };
  expect(await session.isAlive()).toBe(true);
  await ageSession(app.db, session.id, 60);
  await session.renew();
  expect(await session.isAlive()).toBe(true);
});

test('a factor that was shown at the log-in alone is not in the new token', async () => {
  const ada = new TestClaimant(app, `again${++nth}@example.com`);
  await ada.register();
  const body = { code: await ada.code(), create_session: true };
  const answer = await app.ask('/v1/registrations/activation', { body, as: [ada.email, ada.password] });
  const { session: tokens } = answer.body as { session: TestSession['tokens'] };
  expect(decodeJwt(tokens.access_token).amr).toEqual(['pwd', 'otp']);
  const again = await show(new TestSession(app, tokens), ada.password);
  expect(decodeJwt(tokenOf(again)).amr).toEqual(['pwd']);
});

describe('a wrong password', () => {
  test('is refused and changes nothing', async () => {
    const { session } = await loggedInLongAgo();
    const answer = await show(session, WRONG);
    expect([answer.status, codeOf(answer)]).toEqual([401, 'invalid-credentials']);
    expect(await session.isAlive()).toBe(true);
    await session.renew();
    expect((await actWith(session.tokens.access_token))[0]).toBe(401);
  });

  test('is what an account without a password answers to any', async () => {
    const { ada, session } = await loggedIn();
    await app.db.owner`
      delete from vault.account_password
       where account_id = (select account_id from address where email = ${ada.email})`;
    const answer = await show(session, ada.password);
    expect([answer.status, codeOf(answer)]).toEqual([401, 'invalid-credentials']);
  });

  test('counts: after five the right one is not judged for a quarter of an hour, in this session alone', async () => {
    const { ada, session } = await loggedIn();
    const other = await TestSession.of(app, ada);
    for (let n = 0; n < 5; n++) expect((await show(session, WRONG)).status).toBe(401);
    const refused = await show(session, ada.password);
    expect([refused.status, codeOf(refused)]).toEqual([429, 'rate-limited']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(890);
    expect((await show(other, ada.password)).status).toBe(200);
    // Log-ins have a budget of their own.
    expect((await ada.logIn()).status).toBe(201);
    await app.db.owner`update login_failure set window_started_at = window_started_at - interval '15 minutes'`;
    expect((await show(session, ada.password)).status).toBe(200);
  });

  test('is forgotten with the right one', async () => {
    const { ada, session } = await loggedIn();
    for (const round of [1, 2]) {
      for (let n = 0; n < 4; n++) expect([round, (await show(session, WRONG)).status]).toEqual([round, 401]);
      expect((await show(session, ada.password)).status).toBe(200);
    }
  });

  test('is judged five times, of thirty at once', async () => {
    const { session } = await loggedIn();
    // A busy machine sheds some of so many hashes: those come back.
    const guess = () =>
      eventually(async () => {
        const answer = await show(session, WRONG);
        return answer.status === 503 ? undefined : answer;
      }, 30);
    const answers = await Promise.all(Array.from({ length: 30 }, guess));
    const judged = answers.filter(({ status }) => status === 401).length;
    expect([judged, answers.filter(({ status }) => status === 429).length]).toEqual([5, 25]);
  });
});

test.each([
  ['nothing', undefined, ''],
  ['no password', {}, '/password'],
  ['a number', { password: 7 }, '/password'],
  ['null', { password: null }, '/password'],
  ['half a character', { password: '\ud800' }, '/password'],
  ['a field too many', { password: WRONG, email: 'ada@example.com' }, '/email'],
])('%s is not valid', async (_, body, pointer) => {
  const { session } = await loggedIn();
  const answer = await session.ask(PATH, { method: 'POST', ...(body === undefined ? {} : { body }) });
  expect([answer.status, (answer.body as { errors: unknown }).errors]).toEqual([
    422,
    [expect.objectContaining({ pointer })],
  ]);
});

test('a session that ends while the password is hashed is not authenticated any more, nor is one of somebody else', async () => {
  const [one, other] = [await loggedIn(), await loggedIn()];
  const { sub } = decodeJwt(one.session.tokens.access_token);
  const attempt = { accountId: String(sub), phc: 'of no account', budget: Buffer.alloc(32) };
  const { sql } = app.get(Database);
  const judge = (sessionId: string) => reauthenticate(sql, { ...attempt, sessionId });
  expect(await judge(one.session.id)).toEqual({ outcome: 'wrong_password' });
  expect(await judge(other.session.id)).toEqual({ outcome: 'over' });
  await one.session.ask('/v1/sessions', { method: 'DELETE' });
  expect(await judge(one.session.id)).toEqual({ outcome: 'over' });
});

test('without a token, with one of another kind, and of an ended session nothing is judged', async () => {
  const { ada, session } = await loggedIn();
  const bare = await app.ask(PATH, { body: { password: ada.password } });
  expect([bare.status, codeOf(bare)]).toEqual([401, 'unauthenticated']);
  const headers = { authorization: `Bearer ${session.tokens.refresh_token}` };
  expect(codeOf(await app.ask(PATH, { body: { password: ada.password }, headers }))).toBe('unauthenticated');
  await session.ask('/v1/sessions/current', { method: 'DELETE' });
  expect(codeOf(await show(session, ada.password))).toBe('session-revoked');
});

import { randomUUID } from 'node:crypto';

import { TestClaimant } from '#testing/claimant';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { ageSession } from '#testing/time-travel';

let app: TestApp;
let replica: TestApp;
const people: TestClaimant[] = [];
beforeAll(async () => {
  app = await startTestApp();
  // Before there is a second process, which would send some of the letters to a mailbox of its own.
  for (let n = 0; n < 25; n++) {
    const claimant = new TestClaimant(app, `ender${n}@example.com`);
    await claimant.becomeActive();
    people.push(claimant);
  }
  replica = await startTestApp({}, app.db);
});
afterAll(async () => {
  await replica.stop();
  await app.stop();
});

/** Somebody with an active account that no test has used. */
function someone(): TestClaimant {
  const claimant = people.pop();
  if (!claimant) throw new Error('more people are needed');
  return claimant;
}

/** A session on each device, the oldest first. */
async function devices<const Names extends readonly string[]>(
  claimant: TestClaimant,
  ...names: Names
): Promise<{ readonly [At in keyof Names]: TestSession }> {
  const sessions: TestSession[] = [];
  for (const device_name of names) sessions.push(await TestSession.of(app, claimant, { device_name }));
  return sessions as { [At in keyof Names]: TestSession };
}

interface Entry {
  readonly id: string;
  readonly device_name: string | null;
  readonly created_at: string;
  readonly last_seen_at: string;
  readonly expires_at: string;
  readonly current: boolean;
}

const codeOf = ({ body }: Answer): unknown => (body as { code?: unknown }).code;
const listOf = async (session: TestSession): Promise<readonly Entry[]> =>
  ((await session.ask('/v1/sessions')).body as { data: Entry[] }).data;
const end = (session: TestSession, path: string): Promise<Answer> =>
  session.ask(`/v1/sessions${path}`, { method: 'DELETE' });
/** The same session as another process meets it. */
const there = ({ tokens }: TestSession): TestSession => new TestSession(replica, tokens);
const alive = async (sessions: readonly TestSession[]): Promise<readonly boolean[]> => {
  const here = await Promise.all(sessions.map((session) => session.isAlive()));
  expect(await Promise.all(sessions.map((session) => there(session).isAlive()))).toEqual(here);
  return here;
};
const revoked = async ({ email }: TestClaimant): Promise<number> => {
  const rows = await app.db.owner`
    select from audit_event
     where event = 'session.revoked'
       and subject_id = (select account.subject_id from account join address on account.id = account_id where email = ${email})`;
  return rows.length;
};
const change = (claimant: TestClaimant, column: 'suspended_at' | 'roles', value: string | null): Promise<unknown> =>
  column === 'roles'
    ? app.db.owner`
        update account set roles = ${value}::text[] where id = (select account_id from address where email = ${claimant.email})`
    : app.db.owner`
        update account set suspended_at = ${value}::timestamptz
         where id = (select account_id from address where email = ${claimant.email})`;

/** An ended session is refused by the next request anywhere, and its refresh token too. */
async function isOver(session: TestSession): Promise<void> {
  for (const one of [session, there(session)])
    for (const answer of [await one.ask('/v1/me'), await one.ask('/v1/sessions'), await one.refresh()])
      expect([answer.status, codeOf(answer)]).toEqual([401, 'session-revoked']);
}

describe('the list', () => {
  test('tells devices and times, and which session asks, the one used last first', async () => {
    const ada = someone();
    const [phone, laptop, tv] = await devices(ada, 'Pixel 9', 'Laptop', '');
    await ageSession(app.db, phone.id, 3_000);
    await ageSession(app.db, laptop.id, 2_000);
    await ageSession(app.db, tv.id, 1_000);
    const entry = (session: TestSession, device_name: string, current: boolean): object => ({
      id: session.id,
      device_name,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      last_seen_at: expect.any(String),
      expires_at: expect.any(String),
      current,
    });
    // The request itself is the first use of the phone's tokens.
    expect((await phone.ask('/v1/sessions')).body).toEqual({
      data: [entry(phone, 'Pixel 9', true), entry(tv, '', false), entry(laptop, 'Laptop', false)],
    });
    expect((await listOf(laptop)).map(({ current }) => current)).toEqual([true, false, false]);
    const seen = (await listOf(phone)).find(({ current }) => current);
    expect(Date.parse(seen?.last_seen_at ?? '') - Date.parse(seen?.created_at ?? '')).toBeGreaterThan(2_990_000);
  });

  test('moves with a refresh, and expires 14 days after it or 30 after the log-in', async () => {
    const [session] = await devices(someone(), 'Pixel 9');
    const days = async (): Promise<number> => {
      const [entry] = await listOf(session);
      return (Date.parse(entry?.expires_at ?? '') - Date.parse(entry?.created_at ?? '')) / 86_400_000;
    };
    expect(await days()).toBe(14);
    await ageSession(app.db, session.id, 10 * 86_400);
    await session.renew();
    expect(await days()).toBeCloseTo(24, 1);
    await ageSession(app.db, session.id, 10 * 86_400);
    await session.renew();
    expect(await days()).toBe(30);
  });

  test('has no session that is over, and none of anybody else', async () => {
    const [ada, bob] = [someone(), someone()];
    const [idle, old, left] = await devices(ada, 'idle', 'old', 'left');
    await devices(bob, 'of bob');
    await ageSession(app.db, idle.id, 14 * 86_400);
    await ageSession(app.db, old.id, 29 * 86_400);
    expect(await alive([idle, old])).toEqual([false, false]);
    expect((await listOf(left)).map((entry) => entry.device_name)).toEqual(['left']);
  });
});

describe('to end', () => {
  test('one leaves the others', async () => {
    const ada = someone();
    const [first, second, third] = await devices(ada, 'first', 'second', 'third');
    expect(await alive([first, second, third])).toEqual([true, true, true]);
    const answer = await end(first, `/${second.id.toUpperCase()}`);
    expect([answer.status, answer.text]).toEqual([204, '']);
    await isOver(second);
    expect(await alive([first, third])).toEqual([true, true]);
    expect(await revoked(ada)).toBe(1);
    expect((await end(first, `/${second.id}`)).status).toBe(404);
    expect(await revoked(ada)).toBe(1);
  });

  test('the current one logs out, by its id as by its name', async () => {
    const [first, second, third] = await devices(someone(), 'first', 'second', 'third');
    expect((await end(first, '/current')).status).toBe(204);
    await isOver(first);
    expect((await end(second, `/${second.id}`)).status).toBe(204);
    await isOver(second);
    expect(await alive([third])).toEqual([true]);
    expect(codeOf(await end(first, '/current'))).toBe('session-revoked');
  });

  test('all but the current one', async () => {
    const ada = someone();
    const sessions = await devices(ada, 'first', 'second', 'third');
    const [, asking] = sessions;
    expect((await end(asking, '?except=current')).status).toBe(204);
    expect(await alive(sessions)).toEqual([false, true, false]);
    await ageSession(app.db, asking.id, 11);
    await asking.renew();
    expect(await alive([asking])).toEqual([true]);
    expect((await listOf(asking)).map(({ id }) => id)).toEqual([asking.id]);
    expect(await revoked(ada)).toBe(1);
  });

  test('all of them, and a log-in after that opens a new one', async () => {
    const [ada, bob] = [someone(), someone()];
    const sessions = await devices(ada, 'first', 'second', 'third');
    const [ofBob] = await devices(bob, 'of bob');
    const [asking] = sessions;
    expect((await end(asking, '')).status).toBe(204);
    for (const session of sessions) await isOver(session);
    expect(await alive([await TestSession.of(app, ada), ofBob])).toEqual([true, true]);
    expect([await revoked(ada), await revoked(bob)]).toEqual([1, 0]);
  });

  test('the others, at once from each of two, leaves one at most', async () => {
    const ada = someone();
    for (let round = 0; round < 10; round++) {
      const sessions = await devices(ada, 'first', 'second');
      await Promise.all(sessions.map((session) => end(session, '?except=current')));
      expect((await alive(sessions)).filter(Boolean).length).toBeLessThanOrEqual(1);
    }
  });

  test("somebody else's session, or none, is not found, and nothing ends", async () => {
    const [ada, bob] = [someone(), someone()];
    const [[ofAda], [ofBob]] = [await devices(ada, 'of ada'), await devices(bob, 'of bob')];
    const answers = [];
    for (const id of [ofBob.id, randomUUID(), 'x', '0', "'", '%00', '%F0%9F%98%80', `${ofAda.id}x`, `%20${ofAda.id}`]) {
      const { status, body } = await end(ofAda, `/${id}`);
      const { instance: _, ...problem } = body as Record<string, unknown>;
      answers.push({ status, problem });
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 404, problem: { code: 'not-found' } });
    expect(await alive([ofAda, ofBob])).toEqual([true, true]);
    expect([await revoked(ada), await revoked(bob)]).toEqual([0, 0]);
  });

  test.each([
    '?except=other',
    '?except=',
    '?except',
    '?except=Current',
    '?except=current&except=current',
    '?except[]=current',
  ])('by %s ends nothing', async (query) => {
    const sessions = await devices(someone(), 'first', 'second');
    const answer = await end(sessions[0], query);
    expect([answer.status, codeOf(answer)]).toEqual([422, 'validation-failed']);
    expect(await alive(sessions)).toEqual([true, true]);
  });

  test.each(['?all=true', '?Except=current', '?exept=current'])(
    'by %s ends nothing either: it may be misspelt',
    async (query) => {
      const sessions = await devices(someone(), 'first', 'second');
      expect((await end(sessions[0], query)).status).toBe(422);
      expect(await alive(sessions)).toEqual([true, true]);
    },
  );

  test.each(['', '/current', `/${randomUUID()}`])('DELETE /v1/sessions%s takes a token', async (path) => {
    const answer = await app.ask(`/v1/sessions${path}`, { method: 'DELETE' });
    expect([answer.status, codeOf(answer)]).toEqual([401, 'unauthenticated']);
  });
});

describe('the next request on any replica', () => {
  test('refuses a suspended account, until it is reinstated', async () => {
    const ada = someone();
    const sessions = await devices(ada, 'first', 'second');
    await change(ada, 'suspended_at', new Date(0).toISOString());
    for (const session of sessions) await isOver(session);
    await change(ada, 'suspended_at', null);
    expect(await alive(sessions)).toEqual([true, true]);
  });

  test('shows the roles of the database, not those of the token', async () => {
    const ada = someone();
    const rolesOf = async (session: TestSession): Promise<unknown> =>
      ((await session.ask('/v1/me')).body as { roles: unknown }).roles;
    await change(ada, 'roles', '{admin}');
    const session = await TestSession.of(app, ada);
    expect([await rolesOf(session), await rolesOf(there(session))]).toEqual([['admin'], ['admin']]);
    await change(ada, 'roles', '{}');
    expect([await rolesOf(session), await rolesOf(there(session))]).toEqual([[], []]);
  });

  test('refuses an account that is gone', async () => {
    const ada = someone();
    const [session] = await devices(ada, 'first');
    await app.db.owner`
      with gone as (delete from address where email = ${ada.email} returning account_id)
      delete from account where id = (select account_id from gone)`;
    await isOver(session);
  });
});

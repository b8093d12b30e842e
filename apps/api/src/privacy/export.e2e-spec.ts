import { Database, type Sql } from '#data/database';
import { KeyRing } from '#platform/keys/key-ring';
import { TestClaimant } from '#testing/claimant';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { ageSession } from '#testing/time-travel';
import { inTurn } from '#testing/turns';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
async function active(on = app, more: Readonly<Record<string, unknown>> = {}): Promise<TestClaimant> {
  const ada = new TestClaimant(on, `exports${++people}@example.com`);
  await ada.register(more);
  if ((await ada.activate(await ada.code())).status !== 200) throw new Error('not active');
  return ada;
}

interface Export {
  readonly identifiers: { readonly account_id: string; readonly subject_id: string };
  readonly audit_events: readonly Readonly<Record<string, unknown>>[];
  readonly acts_on_others: readonly Readonly<Record<string, unknown>>[];
  readonly [section: string]: unknown;
}

const ask = (session: TestSession, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  session.ask('/v1/me/export', { headers });
async function exported(session: TestSession): Promise<Export> {
  const answer = await ask(session);
  expect([answer.status, answer.text.slice(-2)]).toEqual([200, '}\n']);
  return answer.body as Export;
}

test('is a file of JSON that nobody keeps on the way', async () => {
  const session = await TestSession.of(app, await active());
  const { status, headers } = await ask(session);
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(headers.get('content-disposition')).toBe('attachment; filename="troth-export.json"');
  expect(headers.get('cache-control')).toBe('no-store');
});

test('tells the details of events opened, and of a foreign act no source', async () => {
  const ada = await active();
  const session = await TestSession.of(app, ada);
  const { subject_id: subjectId } = (await exported(session)).identifiers;
  const keys = app.get(KeyRing);
  const [subject] = await app.db.owner<{ key: Uint8Array }[]>`
    select wrapped_key as key from audit_subject where id = ${subjectId}::uuid`;
  const details = { source: '203.0.113.9', reason: 'A reason.' };
  const sealed = keys.sealAuditDetails(subject?.key ?? new Uint8Array(), details) ?? null;
  await app.db.owner`
    insert into audit_event (event, subject_id, actor_id, request_id, sealed_details)
    values ('admin.user_viewed', ${subjectId}::uuid, gen_random_uuid(), 'of an administrator', ${sealed}::bytea),
           ('admin.user_viewed', ${subjectId}::uuid, ${subjectId}::uuid, 'of herself', ${sealed}::bytea),
           ('admin.user_changed', ${subjectId}::uuid, null, null, '\\x00')`;
  const told = (await exported(session)).audit_events.map((it) => [it.event, it.by_somebody_else, it.details]);
  expect(told.slice(0, 3)).toEqual([
    ['registration.claimed', false, { email: ada.email, source: '127.0.0.1' }],
    ['registration.activated', false, { email: ada.email, source: '127.0.0.1' }],
    ['session.created', false, { source: '127.0.0.1' }],
  ]);
  expect(told.slice(-1)).toEqual([['account.exported', false, { source: '127.0.0.1' }]]);
  const given = told.filter(([event]) => String(event).startsWith('admin.'));
  expect(given).toEqual([
    ['admin.user_viewed', true, { reason: 'A reason.' }],
    ['admin.user_viewed', false, details],
    ['admin.user_changed', false, null],
  ]);
});

test('what the user did to others is told without whom it was done to', async () => {
  const [ada, bob] = [await TestSession.of(app, await active()), await TestSession.of(app, await active())];
  const [adas, bobs] = [await exported(ada), await exported(bob)];
  await app.db.owner`
    insert into audit_event (event, subject_id, actor_id, request_id, sealed_details)
    values ('admin.user_viewed', ${bobs.identifiers.subject_id}::uuid, ${adas.identifiers.subject_id}::uuid, 'r', '\\x00')`;
  const after = await exported(ada);
  expect(after.acts_on_others).toEqual([
    { id: expect.any(String), occurred_at: expect.any(String), event: 'admin.user_viewed', request_id: 'r' },
  ]);
  expect(after.audit_events.slice(0, -1)).toEqual(adas.audit_events);
  expect(JSON.stringify(after)).not.toContain(bobs.identifiers.subject_id);
});

test('a long history is told whole and in order, by a page at a time', async () => {
  const session = await TestSession.of(app, await active());
  const { identifiers } = await exported(session);
  await app.db.owner`
    insert into audit_event (event, subject_id, request_id)
    select 'session.created', ${identifiers.subject_id}::uuid, n::text from generate_series(1, 1200) as n`;
  app.statements();
  const { audit_events: events } = await exported(session);
  // The letter sender looks once a second.
  const statements = app.statements().filter((text) => !/^(?:with closed as|delete from letter)/.test(text));
  // The guard's, the event of the export, the records, the failures, three pages of events, one of acts.
  expect(statements).toHaveLength(8);
  const ids = events.map(({ id }) => id as string);
  expect([ids.length, new Set(ids).size]).toEqual([1205, 1205]);
  expect(ids).toEqual([...ids].sort());
});

test('when the database fails in the middle the file breaks off, and the service goes on', async () => {
  const session = await TestSession.of(app, await active());
  const { identifiers } = await exported(session);
  await app.db.owner`
    insert into audit_event (event, subject_id)
    select 'session.created', ${identifiers.subject_id}::uuid from generate_series(1, 1200)`;
  const database = app.get(Database);
  const { sql } = database;
  let pages = 0;
  jest
    .spyOn(database, 'sql')
    .mockImplementation(async <Rows extends readonly object[]>(...statement: Parameters<Sql>) => {
      if (statement[0].join('').includes('from audit_event') && ++pages === 2) throw new Error('of this test');
      return sql<Rows>(...statement);
    });
  await expect(ask(session)).rejects.toThrow();
  jest.restoreAllMocks();
  expect((await exported(session)).audit_events).toHaveLength(1206);
});

test('an account without an address is exported too', async () => {
  const ada = await active();
  const session = await TestSession.of(app, ada);
  await app.db.owner`delete from address where email = ${ada.email}`;
  expect(await exported(session)).toMatchObject({
    identifiers: { address_key: null },
    address: null,
    quotas: [],
    mutes: [],
    audit_events: expect.arrayContaining([expect.objectContaining({ event: 'session.created' })]),
  });
});

test('failures are told as far as anybody can name what they are counted by', async () => {
  const ada = await active();
  const session = await TestSession.of(app, ada);
  await new TestClaimant(app, ada.email, 'not the right password').logIn();
  await session.ask('/v1/sessions/current/reauthentication', { body: { password: 'not the right password' } });
  const { failures } = await exported(session);
  expect(failures).toEqual([
    { counted_by: 'address', session_id: null, window_started_at: expect.any(String), failures: 1 },
    { counted_by: 'source', session_id: null, window_started_at: expect.any(String), failures: 1 },
    { counted_by: 'session', session_id: session.id, window_started_at: expect.any(String), failures: 1 },
  ]);
});

describe('is refused', () => {
  test('without an access token, and to whoever was authenticated more than five minutes ago', async () => {
    expect(await app.ask('/v1/me/export')).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    const session = await TestSession.of(app, await active());
    await ageSession(app.db, session.id, 301);
    await session.renew();
    expect(await ask(session)).toMatchObject({ status: 401, body: { code: 'reauthentication-required' } });
  });

  test('six times an hour to one account, from wherever it is asked', async () => {
    const limited = await startTestApp({ RATE_LIMIT_SCALE: '1', TRUSTED_PROXIES: '127.0.0.0/8, ::1' }, app.db);
    try {
      const [ada, bob] = [await TestSession.of(app, await active()), await TestSession.of(app, await active())];
      const from = (n: number) => ({ 'x-forwarded-for': `198.51.100.${n}` });
      const of = (session: TestSession, n: number) => ask(new TestSession(limited, session.tokens), from(n));
      const statuses = await inTurn(6, async (n) => (await of(ada, n)).status);
      expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
      const refused = await of(ada, 100);
      expect(refused).toMatchObject({ status: 429, body: { code: 'rate-limited' } });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await of(bob, 100)).status).toBe(200);
    } finally {
      await limited.stop();
    }
  });
});

import { randomBytes } from 'node:crypto';

import { purgeOnce } from '#data/purge-once';
import { AUDIT_EVENTS } from '#domain/audit-events';
import { Secret } from '#domain/secret';
import { KeyRing, type AuditDetails } from '#platform/keys/key-ring';
import { TestClaimant, wrong } from '#testing/claimant';
import { changeAddress, revertChange } from '#testing/email-changes';
import { TestSession } from '#testing/sessions';
import { startTestApp, TEST_SECRET, type Answer, type TestApp } from '#testing/test-app';
import { age } from '#testing/time-travel';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const keys = new KeyRing(new Secret(TEST_SECRET), [], randomBytes(32));
const wrappedKeys = new Map<string, Uint8Array>();

let people = 0;
let since = '-infinity';
/** Somebody whose events are the only ones that count from now on. */
async function someone(): Promise<TestClaimant> {
  const [clock] = await app.db.owner<{ at: string }[]>`select clock_timestamp()::text as at`;
  since = clock?.at ?? since;
  return new TestClaimant(app, `someone${++people}@example.com`);
}

/** Remembers the keys of all audit details, which go when a claim ends, and says whose there are. */
async function subjects(): Promise<readonly string[]> {
  const rows = await app.db.owner<{ id: string; key: Uint8Array }[]>`
    select id, wrapped_key as key from audit_subject`;
  for (const { id, key } of rows) wrappedKeys.set(id, key);
  return rows.map(({ id }) => id);
}

interface Entry {
  readonly event: string;
  readonly request: string | null;
  readonly details: AuditDetails | null | undefined;
}

/** What was written down since `someone` came, oldest first, with the details opened; and whether their key is left. */
async function entries(): Promise<readonly (Entry & { readonly kept: boolean })[]> {
  const kept = await subjects();
  const rows = await app.db.owner<
    { event: string; request: string | null; subject: string; sealed: Uint8Array | null }[]
  >`
    select event, request_id as request, subject_id as subject, sealed_details as sealed from audit_event
     where occurred_at > ${since}::timestamptz
     order by occurred_at, id`;
  return rows.map(({ event, request, subject, sealed }) => ({
    event,
    request,
    details: sealed && keys.openAuditDetails(wrappedKeys.get(subject) ?? new Uint8Array(), sealed),
    kept: kept.includes(subject),
  }));
}

const idOf = ({ headers }: Answer): string => headers.get('x-request-id') ?? 'none';

/** An event of a request that brought its claimant's details. */
const told = (event: string, { email }: TestClaimant, answer: Answer, kept = false) => ({
  event: `registration.${event}`,
  request: idOf(answer),
  details: { email, source: '127.0.0.1' },
  kept,
});

/** An event that holds nothing of anybody; of no request when it came about by itself. */
const bare = (event: string, answer?: Answer) => ({
  event: `registration.${event}`,
  request: answer ? idOf(answer) : null,
  details: null,
  kept: false,
});

test('the database knows the events that the domain lists', async () => {
  const [constraint] = await app.db.owner<{ text: string }[]>`
    select pg_get_constraintdef(oid) as text from pg_constraint where conname = 'audit_event_is_known'`;
  const known = [...(constraint?.text.matchAll(/'([a-z_]+\.[a-z_]+)'/g) ?? [])].map(([, event]) => event);
  expect(known).toEqual(AUDIT_EVENTS);
});

test('a claim, and nothing for what it does not change', async () => {
  const ada = await someone();
  const claimed = await ada.register();
  await ada.letter();
  await ada.register();
  await age(app.db, ada.email, 16);
  await ada.resend();
  await ada.activate(wrong(await ada.code(2)));
  await ada.activate(await ada.code(2), 'not the right password');
  expect(await entries()).toEqual([told('claimed', ada, claimed, true)]);
});

test('an activation, and no second one for a replay', async () => {
  const ada = await someone();
  const claimed = await ada.register();
  const activated = await ada.activate(await ada.code());
  await ada.activate(await ada.code());
  expect(await entries()).toEqual([told('claimed', ada, claimed, true), told('activated', ada, activated, true)]);
});

test('a withdrawal', async () => {
  const ada = await someone();
  const claimed = await ada.register();
  await subjects();
  const withdrawn = await ada.withdraw();
  expect(await entries()).toEqual([told('claimed', ada, claimed), bare('withdrawn', withdrawn)]);
});

test('the third strike', async () => {
  const ada = await someone();
  const claimed = await ada.register();
  const code = await ada.code();
  await ada.activate(wrong(code));
  await ada.activate(wrong(code));
  const locked = await ada.activate(wrong(code));
  await subjects();
  await purgeOnce(app.db.sql);
  expect(await entries()).toEqual([told('claimed', ada, claimed), bare('locked', locked)]);
});

test('an owner’s claim in place of another one', async () => {
  const squatter = await someone();
  const first = await squatter.register();
  const owner_token = await squatter.ownerToken();
  await subjects();
  const owner = new TestClaimant(app, squatter.email, 'the owner’s password');
  const second = await owner.register({ owner_token });
  expect(await entries()).toEqual([
    told('claimed', squatter, first),
    bare('superseded', second),
    told('claimed', owner, second, true),
  ]);
});

test.each<[string, (ada: TestClaimant) => Promise<unknown>]>([
  ['the purge', () => purgeOnce(app.db.sql)],
  ['the next touch', (ada) => ada.resend()],
])('the end of an overdue claim by %s, of no request', async (_how, end) => {
  const ada = await someone();
  const claimed = await ada.register();
  await subjects();
  await age(app.db, ada.email, 61);
  await end(ada);
  expect(await entries()).toEqual([told('claimed', ada, claimed), bare('expired')]);
});

test('the end of an overdue claim by the next one', async () => {
  const ada = await someone();
  const first = await ada.register();
  await subjects();
  await age(app.db, ada.email, 61);
  const second = await ada.register();
  expect(await entries()).toEqual([told('claimed', ada, first), bare('expired'), told('claimed', ada, second, true)]);
});

test('a change of address that is asked for, made and taken back, each with both addresses', async () => {
  const ada = await someone();
  await ada.becomeActive();
  const session = await TestSession.of(app, ada);
  const [email, former_email, source] = [`there${people}@example.net`, ada.email, '127.0.0.1'];
  const { token } = await changeAddress(app, session, ada, email);
  const reverted = await revertChange(app, token);
  const written = (await entries()).filter(({ event }) => event.startsWith('email.'));
  expect(written).toMatchObject([
    { event: 'email.change_requested', details: { email, source }, kept: true },
    { event: 'email.changed', details: { email, former_email, source }, kept: true },
    {
      event: 'email.reverted',
      request: idOf(reverted),
      details: { email: former_email, former_email: email, source },
      kept: true,
    },
  ]);
});

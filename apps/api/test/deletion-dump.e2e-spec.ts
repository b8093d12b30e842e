import { KeyRing } from '#platform/keys/key-ring';
import { leaks, type Canary, type Place } from '#testing/canaries';
import { eventually } from '#testing/eventually';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { addressRow } from '#testing/rows';
import { startTestApp, type Answer, type Ask, type TestApp } from '#testing/test-app';

const PASSWORD = 'correct horse battery';
const SOURCE = '203.0.113.77';
const DEVICE = 'Adas Analytical Engine';
const USERNAME = 'ada_who_leaves';
const DISPLAY_NAME = 'Augusta Ada King';
const BIRTHDATE = '1915-12-10';
const ADA = 'ada.who.leaves@example.com';
const ADA_NOW = 'countess.who.leaves@example.net';
const ADA_SOON = 'lovelace.who.leaves@example.org';
const BOB = 'bob.who.stays@example.com';

let db: TestDatabase;
let app: TestApp;
let keys: KeyRing;
beforeAll(async () => {
  db = await freshDatabase();
  // Nothing listens there: letters stay in the outbox.
  app = await startTestApp({ TRUSTED_PROXIES: '127.0.0.0/8', SMTP_URL: 'smtp://127.0.0.1:1' }, db);
  keys = app.get(KeyRing);
});
afterAll(async () => {
  await app.stop();
  await db.drop();
});

const ask = (path: string, { headers, ...more }: Ask = {}): Promise<Answer> =>
  eventually(async () => {
    const answer = await app.ask(path, { ...more, headers: { 'x-forwarded-for': SOURCE, ...headers } });
    return answer.status === 503 ? undefined : answer;
  }, 30);

interface User {
  readonly accountId: string;
  readonly sessionIds: readonly string[];
  /** The last one, with its access token. */
  ask(path: string, more?: Ask): Promise<Answer>;
}

/** Somebody with everything that an account can have, and with letters that wait. */
async function join(email: string, username: string): Promise<User> {
  await ask('/v1/registrations', { body: { email, password: PASSWORD, username } });
  const claim = await addressRow(db, email);
  const code = keys.registrationCode(claim?.claimId ?? '', email, claim?.codeLength ?? 0, keys.currentKeyId);
  const activation = { body: { code }, as: [email, PASSWORD] as const };
  const { user } = (await ask('/v1/registrations/activation', activation)).body as { user: { id: string } };
  const sessions = [await logIn({ email }), await logIn({ username })];
  await ask('/v1/sessions', { body: { email, password: 'a wrong horse battery' } });
  await ask('/v1/registrations', { body: { email, password: PASSWORD } });
  await ask('/v1/password-resets', { body: { email } });
  const authorization = `Bearer ${sessions[1]?.access_token ?? ''}`;
  return {
    accountId: user.id,
    sessionIds: sessions.map(({ session_id }) => session_id),
    ask: (path, { headers, ...more } = {}) => ask(path, { ...more, headers: { authorization, ...headers } }),
  };
}

async function logIn(name: object): Promise<{ readonly session_id: string; readonly access_token: string }> {
  const { status, body } = await ask('/v1/sessions', { body: { ...name, password: PASSWORD, device_name: DEVICE } });
  expect(status).toBe(201);
  return body as { session_id: string; access_token: string };
}

/** Every row of every table of every schema as JSON, whose bytes are hexadecimal. */
async function dump(): Promise<readonly Place[]> {
  const tables = await db.owner<{ name: string; rows: string }[]>`
    select table_name::text as name,
           query_to_xml(format('select to_jsonb(t) from %I.%I as t', table_schema, table_name), true, false, '')::text as rows
      from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`;
  expect(tables.length).toBeGreaterThan(15);
  return tables.map(({ name, rows }) => ({
    of: `dump of ${name}`,
    text: rows.replaceAll('&quot;', '"').replaceAll('&amp;', '&'),
  }));
}

/** What can be read by whoever has the dump and TROTH_SECRET as well. */
async function opened(): Promise<readonly Place[]> {
  const details = await db.owner<{ key: Uint8Array; sealed: Uint8Array }[]>`
    select wrapped_key as key, sealed_details as sealed
      from audit_event cross join audit_subject where sealed_details is not null`;
  const letters = await db.owner<{ kind: string; envelope: Uint8Array }[]>`select kind, envelope from letter`;
  return [
    ...details.map(({ key, sealed }) => ({
      of: 'audit',
      text: JSON.stringify(keys.openAuditDetails(key, sealed) ?? null),
    })),
    ...letters.map(({ kind, envelope }) => ({
      of: `letter ${kind}`,
      text: JSON.stringify(keys.openEnvelope(envelope)),
    })),
  ];
}

const bare = (uuid: string): string => uuid.replaceAll('-', '');

/** Moves somebody to another address, as whoever reads the letter that waits there. */
async function move(user: User, email: string): Promise<void> {
  expect((await user.ask('/v1/me/email-change', { body: { new_email: email } })).status).toBe(202);
  const [change] = await db.owner<{ id: string }[]>`
    select id from email_change where account_id = ${user.accountId}::uuid`;
  const code = keys.emailChangeCode(change?.id ?? '', email, keys.currentKeyId);
  expect((await user.ask('/v1/me/email-change/confirm', { body: { code } })).status).toBe(200);
}

function canariesOf(ada: User): readonly Canary[] {
  const ids = [ada.accountId, ...ada.sessionIds];
  return [
    { name: 'former address', value: ADA },
    { name: 'address', value: ADA_NOW },
    { name: 'address that is wished for', value: ADA_SOON },
    { name: 'user name', value: USERNAME },
    { name: 'display name', value: DISPLAY_NAME },
    { name: 'birthdate', value: BIRTHDATE },
    { name: 'device', value: DEVICE },
    { name: 'IP address', value: SOURCE },
    ...ids.flatMap((id, n) => [
      { name: `id ${n}`, value: id },
      { name: `bytes of id ${n}`, value: bare(id) },
    ]),
  ];
}

test('after an erasure a search of all there is finds nothing, not even with the secret, once the last letter is gone', async () => {
  const ada = await join(ADA, USERNAME);
  await db.owner`
    update account set display_name = ${DISPLAY_NAME}, birthdate = ${BIRTHDATE}::date where id = ${ada.accountId}::uuid`;
  await move(ada, ADA_NOW);
  expect((await ada.ask('/v1/me/email-change', { body: { new_email: ADA_SOON } })).status).toBe(202);
  expect((await ada.ask('/v1/me/export')).status).toBe(200);
  const headers = { 'idempotency-key': ada.accountId };
  expect((await ada.ask('/v1/me/deletion', { body: { after_days: 3 }, headers })).status).toBe(202);
  // The move has ended the first session.
  const canaries = canariesOf({ ...ada, sessionIds: ada.sessionIds.slice(1) });
  const nameOf = ({ name }: Canary): string => name;
  const search = async (): Promise<readonly string[]> => leaks(canaries, [...(await dump()), ...(await opened())]);

  // A search that finds nothing proves nothing unless it can find each of them.
  const before = await search();
  const missed = canaries.map(nameOf).filter((name) => !before.some((leak) => leak.startsWith(`${name} as `)));
  // No column holds an id as bare bytes: that they would be found shows another row.
  expect(missed).toEqual(canaries.map(nameOf).filter((name) => name.startsWith('bytes')));
  await db.owner`insert into idempotency_key values (${Buffer.from(bare(ada.accountId), 'hex')}, '\\x00', clock_timestamp())`;
  expect(await search()).toContain('bytes of id 0 as plain in dump of idempotency_key');
  await db.owner`delete from idempotency_key where fingerprint = '\\x00'`;
  expect(before).toEqual(
    expect.arrayContaining(['address as plain in dump of address', 'IP address as plain in audit']),
  );

  const answer = await ada.ask('/v1/me', { method: 'DELETE' });
  expect(answer.status).toBe(200);
  const { salt } = (answer.body as { opening: { salt: string } }).opening;
  const all = [...canaries, { name: 'salt', value: salt }, { name: 'bytes of salt', value: hexOf(salt) }];
  expect(leaks(all, await dump())).toEqual([]);
  const inLetter = leaks(all, await opened()).filter((leak) => leak.includes(' as plain in '));
  expect(inLetter.sort()).toEqual([
    'address as plain in letter account_deleted',
    'former address as plain in letter account_deleted',
    'id 0 as plain in letter account_deleted',
    'salt as plain in letter account_deleted',
  ]);

  await app.stop();
  await db.owner`update letter set due_at = clock_timestamp()`;
  app = await startTestApp({ TRUSTED_PROXIES: '127.0.0.0/8' }, db);
  await eventually(async () => ((await db.owner`select from letter`).length === 0 ? true : undefined));
  expect(leaks(all, [...(await dump()), ...(await opened())])).toEqual([]);
});

const hexOf = (base64url: string): string => Buffer.from(base64url, 'base64url').toString('hex');

test('whoever stays is there with everything', async () => {
  const bob = await join(BOB, 'bob_who_stays');
  const eve = await join('eve.who.leaves@example.com', 'eve_who_leaves');
  expect((await eve.ask('/v1/me', { method: 'DELETE' })).status).toBe(200);
  expect((await bob.ask('/v1/me')).body).toMatchObject({ id: bob.accountId, email: BOB, username: 'bob_who_stays' });
  const { data } = (await bob.ask('/v1/sessions')).body as { data: { id: string }[] };
  expect(data.map(({ id }) => id).sort()).toEqual([...bob.sessionIds].sort());
});

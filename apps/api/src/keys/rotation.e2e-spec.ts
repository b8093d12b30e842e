import { setTimeout as pause } from 'node:timers/promises';

import { SchedulerRegistry } from '@nestjs/schedule';

import { purgeOnce } from '#data/purge-once';
import { KeyRing } from '#platform/keys/key-ring';
import { SessionTokens } from '#platform/tokens/session-tokens';
import { KEY_NOTICE_SECONDS, makeSigningKey, SigningKeys } from '#platform/tokens/signing-keys';
import { TestClaimant } from '#testing/claimant';
import { eventually } from '#testing/eventually';
import { decodeProtectedHeader } from '#testing/jwt';
import { TestSession, type Tokens } from '#testing/sessions';
import { startTestApp, type Answer, type Ask, type TestApp } from '#testing/test-app';

import { SigningKeyRotation } from './signing-key-rotation.ts';

jest.setTimeout(600_000);

const SESSIONS = 1_000;
const ROTATIONS = 4;
/** So long a key signs here, instead of 90 days: after some rotations the first ones are not published any more. */
const BETWEEN_SECONDS = 45 * 60;

let app: TestApp;
let replica: TestApp;
let ada: TestClaimant;
beforeAll(async () => {
  // Every refresh rotates, and an answer is repeated to nobody.
  app = await startTestApp({ REFRESH_GRACE_SECONDS: '0' });
  ada = new TestClaimant(app, 'ada@example.com');
  // Before there is a second process, which might send the letter to a mailbox of its own.
  await ada.becomeActive();
  replica = await startTestApp({ REFRESH_GRACE_SECONDS: '0' }, app.db);
  // They look for keys when the test says so.
  for (const at of [app, replica]) at.get(SchedulerRegistry).deleteInterval('signing-keys');
});
afterAll(async () => {
  await replica.stop();
  await app.stop();
});

/** A user of one session, who goes on refreshing at one replica and using the token at the other. */
class User {
  rounds = 0;
  readonly refused: string[] = [];
  readonly kids = new Set<unknown>();
  #isDone = false;

  constructor(
    private readonly nth: number,
    private refreshToken: string,
  ) {}

  async goOn(): Promise<void> {
    while (!this.#isDone && this.refused.length === 0) {
      const [here, there] = (this.nth + this.rounds) % 2 === 0 ? [app, replica] : [replica, app];
      const answer = await ask(here, '/v1/sessions/refresh', { body: { refresh_token: this.refreshToken } });
      if (!this.#isGood(answer, 'refresh')) return;
      const { access_token, refresh_token } = answer.body as Tokens;
      this.refreshToken = refresh_token;
      this.kids.add(decodeProtectedHeader(access_token).kid);
      this.#isGood(await ask(there, '/v1/me', { headers: { authorization: `Bearer ${access_token}` } }), 'me');
      this.rounds += 1;
      await pause(200);
    }
  }

  stop(): void {
    this.#isDone = true;
  }

  #isGood({ status, text }: Answer, what: string): boolean {
    if (status !== 200) this.refused.push(`${what}, round ${this.rounds}: ${status} ${text}`);
    return status === 200;
  }
}

/** Comes back when the service sheds load: a busy machine does, and it is no refusal. */
function ask(at: TestApp, path: string, request: Ask): Promise<Answer> {
  return eventually(async () => {
    const answer = await at.ask(path, request);
    return answer.status === 503 ? undefined : answer;
  }, 60);
}

/** As many users as that, of whom one has logged in and the others are copies of the row. */
async function users(): Promise<readonly User[]> {
  const { id } = await TestSession.of(app, ada);
  const rows = await app.db.owner<{ sessionId: string; accountId: string; issuedAt: Date }[]>`
    insert into session (account_id, credential_version, authenticated_at, amr, created_at, rotated_at, last_seen_at, ends_at)
    select account_id, credential_version, authenticated_at, amr, created_at, rotated_at, last_seen_at, ends_at
      from session cross join generate_series(1, ${SESSIONS}::int) where id = ${id}::uuid
    returning id as "sessionId", account_id as "accountId", rotated_at as "issuedAt"`;
  return rows.map((row, nth) => {
    const times = { refreshUntil: new Date(row.issuedAt.getTime() + 86_400_000), authenticatedAt: row.issuedAt };
    const token = app.get(SessionTokens).refreshToken({ ...row, ...times, generation: 1, amr: ['pwd'], roles: [] });
    return new User(nth, token);
  });
}

/** The keys of access tokens; that of receipts comes last. */
const published = async (at: TestApp): Promise<readonly string[]> =>
  ((await at.ask('/.well-known/jwks.json')).body as { keys: { kid: string }[] }).keys
    .slice(0, -1)
    .map(({ kid }) => kid);
const look = (at: TestApp): Promise<void> => at.get(SigningKeyRotation).run();
const signing = (at: TestApp): string => at.get(SigningKeys).current.kid;
const pass = (seconds: number): Promise<unknown> =>
  app.db.owner`update signing_key set signs_from = signs_from - make_interval(secs => ${seconds}::int)`;

/** Waits until everybody has new tokens and has used them. */
async function everybodyGoesOn(all: readonly User[]): Promise<void> {
  const before = all.map(({ rounds }) => rounds);
  await eventually(
    () =>
      Promise.resolve(
        all.every((user, n) => user.refused.length > 0 || user.rounds >= (before[n] ?? 0) + 2) || undefined,
      ),
    300,
  );
}

/** The next key, from its making to the moment when both replicas sign with it, while everybody goes on. */
async function rotate(all: readonly User[]): Promise<string> {
  const former = signing(app);
  const next = await makeSigningKey(app.db.sql, app.get(KeyRing), 0);
  if (next === undefined) throw new Error('no key was made');
  for (const at of [app, replica]) {
    await look(at);
    expect([signing(at), (await published(at)).includes(next)]).toEqual([former, true]);
  }
  await pass(KEY_NOTICE_SECONDS);
  await look(app);
  await everybodyGoesOn(all);
  expect([signing(app), signing(replica)]).toEqual([next, former]);
  await look(replica);
  await everybodyGoesOn(all);
  expect(signing(replica)).toBe(next);
  await pass(BETWEEN_SECONDS);
  return next;
}

test('keys rotate under a thousand users of two replicas, and nobody is refused', async () => {
  const first = signing(app);
  const all = await users();
  expect(all).toHaveLength(SESSIONS);
  const running = Promise.all(all.map((user) => user.goOn()));
  const made: string[] = [];
  try {
    await everybodyGoesOn(all);
    for (let n = 0; n < ROTATIONS; n++) {
      made.push(await rotate(all));
      await purgeOnce(app.db.sql);
    }
  } finally {
    for (const user of all) user.stop();
    await running;
  }
  expect(all.flatMap(({ refused }) => refused)).toEqual([]);
  for (const { kids } of all) expect([...kids].sort()).toEqual([first, ...made].sort());
  const left = await app.db.owner<{ kid: string }[]>`select kid from signing_key order by signs_from`;
  expect(left.length).toBeLessThan(ROTATIONS);
  await look(app);
  expect(await published(app)).toEqual(left.map(({ kid }) => kid));
});

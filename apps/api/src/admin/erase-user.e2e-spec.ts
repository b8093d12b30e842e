import { randomUUID } from 'node:crypto';

import { openAdmin, openUser, type TestUser } from '#testing/admins';
import type { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { ageSession } from '#testing/time-travel';
import { times } from '#testing/turns';

let app: TestApp;
let root: TestSession;
let rootId: string;
beforeAll(async () => {
  app = await startTestApp();
  ({ session: root, id: rootId } = await openAdmin(app));
});
afterAll(() => app.stop());

let people = 0;
const user = (): Promise<TestUser> => openUser(app, `user${++people}@example.com`);
const erase = (id: string, by = root): Promise<Answer> => by.ask(`/v1/admin/users/${id}`, { method: 'DELETE' });
const codeOf = ({ body }: Answer): unknown => (body as { code?: unknown } | undefined)?.code;

test('an administrator erases an account, and is told the receipt, but not what ties it to the user', async () => {
  const { who, id, session } = await user();
  const answer = await erase(id);
  expect(answer.status).toBe(200);
  const { receipt, ...rest } = answer.body as { receipt: string };
  expect(rest).toEqual({ erased: expect.any(Array), retained: expect.any(Array) });
  expect(answer.text).not.toMatch(/opening|salt/);
  expect(codeOf(await session.ask('/v1/me'))).toBe('session-revoked');
  const verified = await app.ask('/v1/deletion-receipts/verify', { body: { receipt } });
  expect(verified.body).toEqual({ valid: true, account_absent: true });
  const { text } = await who.letter(2);
  expect(text).toContain('An administrator of the service erased the account');
  expect(text).toContain(`account_id: ${id}`);
  expect(text.replaceAll(/\s/g, '')).toContain(receipt);
});

test('the event names the administrator, and nobody can read of whom it tells', async () => {
  const { id } = await user();
  await erase(id);
  const [event] = await app.db.owner`
    select event, actor_id = (select subject_id from account where id = ${rootId}::uuid) as "isOfRoot", sealed_details,
           exists (select from audit_subject where audit_subject.id = audit_event.subject_id) as "isReadable"
      from audit_event where event = 'account.deleted' order by id desc limit 1`;
  expect(event).toEqual({ event: 'account.deleted', isOfRoot: true, sealed_details: null, isReadable: false });
});

test('is refused to whoever is no administrator, for nobody, a second time, and without a recent authentication', async () => {
  const { id, session } = await user();
  expect(codeOf(await erase(id, session))).toBe('forbidden');
  for (const nobody of [randomUUID(), 'nobody', '%00']) {
    const answer = await erase(nobody);
    expect([answer.status, codeOf(answer)]).toEqual([404, 'not-found']);
  }
  const { session: other } = await openAdmin(app, 'other@example.com');
  await ageSession(app.db, other.id, 400);
  await other.renew();
  expect(codeOf(await erase(id, other))).toBe('reauthentication-required');
  expect((await erase(id)).status).toBe(200);
  expect((await erase(id)).status).toBe(404);
  await app.db.owner`update account set roles = '{}' where id <> ${rootId}::uuid`;
});

test('an account is erased once, however many ask at once', async () => {
  const { id } = await user();
  const answers = await times(20, () => erase(id));
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, ...Array<number>(19).fill(404)]);
});

test('the last administrator stays, also for themselves', async () => {
  expect(codeOf(await erase(rootId))).toBe('last-admin');
  expect(await root.isAlive()).toBe(true);
});

test('the chain of audit events is verified for administrators', async () => {
  const answer = await root.ask('/v1/admin/audit-events/verify');
  expect([answer.status, answer.body]).toEqual([
    200,
    expect.objectContaining({ valid: true, fault: null, unsealed: expect.any(Number) }),
  ]);
  const { session } = await user();
  expect(codeOf(await session.ask('/v1/admin/audit-events/verify'))).toBe('forbidden');
});

import { TestClaimant } from './claimant.ts';
import { TestSession, type Tokens } from './sessions.ts';
import type { TestApp } from './test-app.ts';

/** Somebody with an account and a session of it. */
export interface TestUser {
  readonly who: TestClaimant;
  readonly id: string;
  readonly session: TestSession;
}

/** Registers and activates, and takes the session that comes with it: no hash is spent on a log-in. */
export async function openUser(app: TestApp, email: string): Promise<TestUser> {
  const who = new TestClaimant(app, email);
  await who.register();
  const { status, body, text } = await who.activate(await who.code(), who.password, { create_session: true });
  if (status !== 200) throw new Error(`the activation was answered ${status}: ${text}`);
  const { user, session } = body as { user: { id: string }; session: Tokens };
  return { who, id: user.id, session: new TestSession(app, session) };
}

/** The same, as an administrator. */
export async function openAdmin(app: TestApp, email = 'root@example.com'): Promise<TestUser> {
  const user = await openUser(app, email);
  await setAdmin(app, user.id);
  return user;
}

/** Gives an account the role of administrators, or takes it away. */
export async function setAdmin({ db }: TestApp, accountId: string, isAdmin = true): Promise<void> {
  await db.owner`
    update account set roles = ${isAdmin ? '{admin}' : '{}'}::text[] where id = ${accountId}::uuid`;
}

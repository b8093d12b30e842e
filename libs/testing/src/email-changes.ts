import { TestClaimant } from './claimant.ts';
import type { TestSession } from './sessions.ts';
import type { Answer, TestApp } from './test-app.ts';

/** Asks for another address. */
export function requestChange(session: TestSession, newEmail: unknown): Promise<Answer> {
  return session.ask('/v1/me/email-change', { body: { new_email: newEmail } });
}

/** Shows a code for it. */
export function confirmChange(session: TestSession, code: string): Promise<Answer> {
  return session.ask('/v1/me/email-change/confirm', { body: { code } });
}

/** Asks for another address; resolves to the code that is mailed to it. */
export async function changeCode(app: TestApp, session: TestSession, newEmail: string): Promise<string> {
  const there = new TestClaimant(app, newEmail);
  const before = (await there.settledLetters()).length;
  const { status, text } = await requestChange(session, newEmail);
  if (status !== 202) throw new Error(`the change was answered ${status}: ${text}`);
  return there.code(before + 1);
}

/** Gives the account another address; resolves to its owner there, and to the token in the letter to the former address. */
export async function changeAddress(
  app: TestApp,
  session: TestSession,
  former: TestClaimant,
  newEmail: string,
): Promise<{ readonly owner: TestClaimant; readonly token: string }> {
  const code = await changeCode(app, session, newEmail);
  const before = (await former.settledLetters()).length;
  const { status, text } = await confirmChange(session, code);
  if (status !== 200) throw new Error(`the code was answered ${status}: ${text}`);
  return { owner: new TestClaimant(app, newEmail, former.password), token: await former.linkToken(before + 1) };
}

/** Takes a change back. */
export function revertChange(app: TestApp, token: unknown): Promise<Answer> {
  return app.ask('/v1/email-change/revert', { body: { token } });
}

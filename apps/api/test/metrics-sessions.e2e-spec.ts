import { TestClaimant, wrong } from '#testing/claimant';
import { changeAddress, changeCode, confirmChange, requestChange, revertChange } from '#testing/email-changes';
import { moved, type Series, seriesOf } from '#testing/metric-deltas';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { ageLinks, ageSession } from '#testing/time-travel';

const TOKEN = 'the bearer token of the suite of metrics'.replaceAll(' ', '-');
const NEW = 'a new horse for the battery';
const WRONG = 'not the right password';
/** Every counter of a session or a password, and how many passwords were hashed. */
const COUNTERS = [
  ...[
    'logins',
    'refreshes',
    'reauthentications',
    'password_resets',
    'password_changes',
    'profile_changes',
    'email_changes',
    'email_change_codes',
    'links',
    'letters',
  ].map((name) => `troth_${name}_total`),
  'troth_hash_seconds_count',
];
const GRACE_OVER = 11;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ METRICS_TOKEN: TOKEN });
});
afterAll(() => app.stop());

const counters = (): Promise<Series> => seriesOf(app, TOKEN, COUNTERS);
const outcome = (metric: string, name: string): Series => ({ [`troth_${metric}_total{outcome="${name}"}`]: 1 });
const link = (purpose: string, name: string): Series => ({
  [`troth_links_total{purpose="${purpose}",outcome="${name}"}`]: 1,
});
const sent = (kind: string): Series => ({ [`troth_letters_total{kind="${kind}",outcome="sent"}`]: 1 });
const hashes = (count: number): Series => ({ troth_hash_seconds_count: count });

/** Somebody with an account and a session, and what a scenario keeps for its act. */
interface Ada {
  readonly claimant: TestClaimant;
  readonly session: TestSession;
  token: string;
}

interface Scenario {
  readonly given?: (ada: Ada) => Promise<unknown>;
  readonly act: (ada: Ada) => Promise<unknown>;
  readonly moves: Series;
}

const times = async (count: number, act: () => Promise<unknown>): Promise<void> => {
  for (let n = 0; n < count; n++) await act();
};
const logIn = ({ claimant }: Ada, password = claimant.password): Promise<Answer> =>
  new TestClaimant(app, claimant.email, password).logIn();
const reauthenticate = ({ session, claimant }: Ada, password = claimant.password): Promise<Answer> =>
  session.ask('/v1/sessions/current/reauthentication', { body: { password } });
const change = ({ session }: Ada, fields: object = {}): Promise<Answer> =>
  session.ask('/v1/me/password', { method: 'PUT', body: { new_password: NEW, ...fields } });
const requestReset = (email: string): Promise<Answer> => app.ask('/v1/password-resets', { body: { email } });
const confirm = ({ token }: Ada): Promise<Answer> =>
  app.ask('/v1/password-resets/confirm', { body: { token, new_password: NEW } });
const withResetToken = async (ada: Ada): Promise<void> => {
  ada.token = await ada.claimant.resetToken();
};
const rotated = async ({ session }: Ada): Promise<void> => {
  await ageSession(app.db, session.id, GRACE_OVER);
  await session.refresh();
};

let people = 0;
const patch = (session: TestSession, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  session.ask('/v1/me', { method: 'PATCH', body, headers });
const withChangeCode = async (ada: Ada): Promise<void> => {
  ada.token = await changeCode(app, ada.session, `wanted${people}@example.net`);
};

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'a log-in': { act: (ada) => logIn(ada), moves: { ...outcome('logins', 'logged_in'), ...hashes(1) } },
  'a log-in with a wrong password': {
    act: (ada) => logIn(ada, WRONG),
    moves: { ...outcome('logins', 'wrong_password'), ...hashes(1) },
  },
  'a log-in of nobody': {
    act: () => new TestClaimant(app, 'nobody@example.com').logIn(),
    moves: { ...outcome('logins', 'no_account'), ...hashes(1) },
  },
  'a log-in after five failures': {
    given: (ada) => times(5, () => logIn(ada, WRONG)),
    act: (ada) => logIn(ada),
    moves: { ...outcome('logins', 'over_limit'), ...hashes(1) },
  },
  'a refresh': {
    given: ({ session }) => ageSession(app.db, session.id, GRACE_OVER),
    act: ({ session }) => session.refresh(),
    moves: outcome('refreshes', 'rotated'),
  },
  'a refresh whose answer was lost': {
    given: rotated,
    act: ({ session }) => session.refresh(),
    moves: outcome('refreshes', 'repeated'),
  },
  'a refresh token that was followed': {
    given: async ({ session }) => {
      const former = session.tokens.refresh_token;
      await ageSession(app.db, session.id, GRACE_OVER);
      await session.renew();
      await session.isAlive();
      session.tokens = { ...session.tokens, refresh_token: former };
      await ageSession(app.db, session.id, GRACE_OVER);
    },
    act: ({ session }) => session.refresh(),
    moves: { ...outcome('refreshes', 'reused'), ...sent('session_reused') },
  },
  'a refresh of a session that has ended': {
    given: ({ session }) => session.ask('/v1/sessions/current', { method: 'DELETE' }),
    act: ({ session }) => session.refresh(),
    moves: outcome('refreshes', 'over'),
  },
  'a reauthentication': {
    act: (ada) => reauthenticate(ada),
    moves: { ...outcome('reauthentications', 'reauthenticated'), ...hashes(1) },
  },
  'a reauthentication with a wrong password': {
    act: (ada) => reauthenticate(ada, WRONG),
    moves: { ...outcome('reauthentications', 'wrong_password'), ...hashes(1) },
  },
  'a reauthentication after five failures': {
    given: (ada) => times(5, () => reauthenticate(ada, WRONG)),
    act: (ada) => reauthenticate(ada),
    moves: { ...outcome('reauthentications', 'over_limit'), ...hashes(1) },
  },
  'a request for a reset': {
    act: ({ claimant }) => requestReset(claimant.email),
    moves: { ...outcome('password_resets', 'mailed'), ...sent('password_reset') },
  },
  'a request for a reset of nobody': {
    act: () => requestReset('nobody@example.com'),
    moves: outcome('password_resets', 'no_account'),
  },
  'a request for a reset after five of them': {
    given: ({ claimant }) => times(5, () => requestReset(claimant.email)),
    act: ({ claimant }) => requestReset(claimant.email),
    moves: outcome('password_resets', 'over_quota'),
  },
  'a reset': {
    given: withResetToken,
    act: confirm,
    moves: { ...link('password_reset', 'good'), ...sent('password_changed'), ...hashes(1) },
  },
  'a link of a reset that was used': {
    given: async (ada) => {
      await withResetToken(ada);
      await confirm(ada);
    },
    act: confirm,
    moves: link('password_reset', 'over'),
  },
  'a link that came too late': {
    given: async (ada) => {
      await withResetToken(ada);
      await ageLinks(app.db, ada.claimant.email, 30 * 60);
    },
    act: confirm,
    moves: link('password_reset', 'over'),
  },
  'a link that somebody made up': {
    given: async (ada) => {
      await withResetToken(ada);
      ada.token = ada.token.slice(0, -2) + (ada.token.endsWith('AA') ? 'BA' : 'AA');
    },
    act: confirm,
    moves: link('password_reset', 'forged'),
  },
  'a text that is no token': { act: confirm, moves: link('password_reset', 'malformed') },
  'a change of the password': {
    act: (ada) => change(ada),
    moves: { ...outcome('password_changes', 'changed'), ...sent('password_changed'), ...hashes(1) },
  },
  'a change with a wrong current password': {
    act: (ada) => change(ada, { current_password: WRONG }),
    moves: { ...outcome('password_changes', 'wrong_password'), ...hashes(2) },
  },
  'a change after five of those': {
    given: (ada) => times(5, () => change(ada, { current_password: WRONG })),
    act: (ada) => change(ada, { current_password: WRONG }),
    moves: { ...outcome('password_changes', 'over_limit'), ...hashes(2) },
  },
  'a change that was not theirs': {
    given: async (ada) => {
      await change(ada);
      ada.token = await ada.claimant.linkToken(2);
    },
    act: ({ token }) => app.ask('/v1/security/not-me', { body: { token } }),
    moves: { ...link('not_me', 'good'), ...sent('password_reset') },
  },
  'a change of the profile': {
    act: ({ session }) => patch(session, { locale: 'fr' }),
    moves: outcome('profile_changes', 'changed'),
  },
  'a change to a name that somebody has': {
    given: async ({ session }) => {
      await patch(session, { username: 'somebody' });
    },
    act: async () => {
      const other = new TestClaimant(app, `second${people}@example.com`);
      await other.becomeActive();
      return patch(await TestSession.of(app, other), { username: 'somebody' });
    },
    moves: {
      ...outcome('profile_changes', 'username_taken'),
      ...outcome('logins', 'logged_in'),
      ...sent('registration_code'),
      ...hashes(3),
    },
  },
  'a change of another state of the profile': {
    act: ({ session }) => patch(session, { locale: 'fr' }, { 'if-match': '"x"' }),
    moves: outcome('profile_changes', 'precondition_failed'),
  },
  'a request for another address': {
    act: ({ session }) => requestChange(session, `another${people}@example.net`),
    moves: { ...outcome('email_changes', 'mailed'), ...sent('email_change_code') },
  },
  'a request for an address that somebody has': {
    act: ({ session, claimant }) => requestChange(session, claimant.email),
    moves: outcome('email_changes', 'taken'),
  },
  'a request after five of them': {
    given: ({ session }) => times(5, () => requestChange(session, `another${people}@example.net`)),
    act: ({ session }) => requestChange(session, `other${people}@example.net`),
    moves: outcome('email_changes', 'over_limit'),
  },
  'a code for another address': {
    given: withChangeCode,
    act: ({ session, token }) => confirmChange(session, token),
    moves: { ...outcome('email_change_codes', 'changed'), ...sent('email_changed') },
  },
  'a wrong code for another address': {
    given: withChangeCode,
    act: ({ session, token }) => confirmChange(session, wrong(token)),
    moves: outcome('email_change_codes', 'wrong_code'),
  },
  'a code without a change': {
    act: ({ session }) => confirmChange(session, '00000000'),
    moves: outcome('email_change_codes', 'no_change'),
  },
  'a change of address that was not theirs': {
    given: async (ada) => {
      const { token } = await changeAddress(app, ada.session, ada.claimant, `thief${people}@example.net`);
      ada.token = token;
    },
    act: ({ token }) => revertChange(app, token),
    moves: { ...link('email_change_revert', 'good'), ...sent('password_reset') },
  },
};

test.each(Object.entries(SCENARIOS))(
  '%s moves its counters by one, and no others',
  async (_, { given, act, moves }) => {
    const claimant = new TestClaimant(app, `counted${++people}@example.com`);
    if ((await claimant.becomeActive()).status !== 200) throw new Error('not active');
    const ada: Ada = { claimant, session: await TestSession.of(app, claimant), token: '' };
    await given?.(ada);
    await claimant.settledLetters();
    const before = await counters();
    await act(ada);
    await claimant.settledLetters();
    expect(moved(before, await counters())).toEqual(moves);
  },
);

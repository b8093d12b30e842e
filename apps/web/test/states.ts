import type { Page } from 'playwright-core';

import { openUser, type TestUser } from '#testing/admins';
import type { Visit } from '#testing/browser';
import { TestSession } from '#testing/sessions';

import { cookiesOf, type TestWeb } from './test-web.ts';

/** What a page becomes by what is done on it, or by whom it is about: tested as the pages are. */
export interface State {
  /** Of its pictures in screenshots/. */
  readonly name: string;
  readonly who: 'nobody' | 'user' | 'admin';
  /** Opens the page and does what it takes. */
  readonly reach: (web: TestWeb, user: TestUser) => Promise<Visit>;
  /** What is answered, if not 200. */
  readonly status?: number;
}

const press = (page: Page, name: string): Promise<void> =>
  page.getByRole('main').getByRole('button', { name, exact: true }).click();
const heading = (page: Page, name: string): Promise<void> => page.getByRole('heading', { name }).waitFor();

/** States that are reached by an act. To add one, add it here. */
const ACTS: readonly State[] = [
  {
    name: 'farewell',
    who: 'user',
    reach: async (web, user) => {
      const visit = await web.visit('/account/deletion/now', cookiesOf(user));
      await visit.page.getByLabel(/^Type /).fill(user.who.email);
      await press(visit.page, 'Delete my account for good');
      await heading(visit.page, 'Your account is erased');
      await visit.page.getByText('Look at it').click();
      return visit;
    },
  },
  {
    name: 'admin-receipt',
    who: 'admin',
    reach: async (web, admin) => {
      const { id, who } = await web.someone();
      const visit = await web.visit(`/admin/users/${id}/delete`, cookiesOf(admin));
      await visit.page.getByLabel(/^Type /).fill(who.email);
      await press(visit.page, 'Delete for good');
      await heading(visit.page, 'The account is erased');
      return visit;
    },
  },
  {
    name: 'error',
    who: 'nobody',
    status: 500,
    reach: async (web) => {
      const visit = await web.api.answering('GET /v1/privacy/inventory', { status: 200, body: {} }, () =>
        web.visit('/privacy'),
      );
      await heading(visit.page, 'Something went wrong');
      return visit;
    },
  },
  {
    name: 'account-faults',
    who: 'user',
    reach: async (web, user) => {
      const visit = await web.visit('/account', cookiesOf(user));
      await visit.page.getByLabel('User name').fill('1');
      await visit.page.getByLabel('Language').fill('klingon!');
      await press(visit.page, 'Save');
      await visit.page.getByText('Please look at the marked fields.').waitFor();
      return visit;
    },
  },
  {
    name: 'account-deletion-scheduled',
    who: 'user',
    reach: async (web, user) => {
      const visit = await web.visit('/account/deletion', cookiesOf(user));
      await press(visit.page, 'Schedule the deletion');
      await visit.page.getByText('Your account will be erased on').waitFor();
      return visit;
    },
  },
  {
    name: 'admin-user-nobody',
    who: 'admin',
    reach: (web, admin) => web.visit('/admin/users/x', cookiesOf(admin)),
  },
  {
    name: 'admin-audit-details',
    who: 'admin',
    reach: async (web, admin) => {
      const visit = await web.visit('/admin/audit', cookiesOf(admin));
      await visit.page.locator('summary').first().click();
      return visit;
    },
  },
];

let people = 0;

/** Somebody of whom all that may be long is one long word. */
async function somebodyLong({ app }: TestWeb): Promise<TestUser> {
  const user = await openUser(app, `${`${++people}`.padStart(60, 'a')}@example.com`);
  const device_name = 'd'.repeat(100);
  await TestSession.of(app, user.who, { device_name });
  const body = { username: `u${'n'.repeat(28)}${people}`.slice(-30), display_name: 'n'.repeat(100) };
  const headers = { 'content-type': 'application/merge-patch+json' };
  const answer = await user.session.ask('/v1/me', { method: 'PATCH', body, headers });
  if (answer.status !== 200) throw new Error(`the change was answered ${answer.status}: ${answer.text}`);
  return user;
}

/** A page whose words are as long as they can be. */
const long = (name: string, who: 'user' | 'admin', path: string): State => ({
  name: `${name}-long`,
  who,
  reach: async (web, admin) => {
    const user = await somebodyLong(web);
    if (who === 'user') return web.visit(path, cookiesOf(user));
    const reason = 'r'.repeat(500);
    await admin.session.ask(`/v1/admin/users/${user.id}/suspension`, { body: { reason } });
    const visit = await web.visit(path.replace('{id}', user.id).replace('{email}', user.who.email), cookiesOf(admin));
    for (const details of await visit.page.locator('summary').all()) await details.click();
    return visit;
  },
});

/** The activity of somebody long, whose sessions an administrator ended at length. */
const ACTIVITY: State = {
  name: 'account-activity-long',
  who: 'admin',
  reach: async (web, admin) => {
    const user = await somebodyLong(web);
    const reason = 'r'.repeat(500);
    await admin.session.ask(`/v1/admin/users/${user.id}/sessions`, { method: 'DELETE', body: { reason } });
    const session = await TestSession.of(web.app, user.who);
    return web.visit('/account/activity', cookiesOf({ ...user, session }));
  },
};

/** Every state there is. */
export const STATES: readonly State[] = [
  ...ACTS,
  long('account', 'user', '/account'),
  long('account-email', 'user', '/account/email'),
  long('account-sessions', 'user', '/account/sessions'),
  long('account-deletion-now', 'user', '/account/deletion/now'),
  ACTIVITY,
  long('admin-user', 'admin', '/admin/users/{id}'),
  long('admin-user-delete', 'admin', '/admin/users/{id}/delete'),
  long('admin-users', 'admin', '/admin/users?email={email}'),
  long('admin-users-nobody', 'admin', '/admin/users?email=x{email}'),
  long('admin-audit', 'admin', '/admin/audit?user_id={id}'),
];

import type { BrowserContextOptions, Locator } from 'playwright-core';

import { setAdmin, type TestUser } from '#testing/admins';
import { AuditTrail } from '#testing/audit-trail';
import type { Visit } from '#testing/browser';
import { ageSession } from '#testing/time-travel';

import { adminOf, alert, isAt, main, part, press, SCRIPTS, sees } from './steps.ts';
import { cookiesIn, cookiesOf, describeWeb, type TestWeb } from './test-web.ts';

jest.setTimeout(120_000);

const REASON = 'Spam, says everybody.';

const pathOf = ({ page }: Visit): string => new URL(page.url()).pathname;

/** How the users of a list are called. */
const listed = (visit: Visit): Promise<readonly string[]> => main(visit).getByRole('rowheader').allInnerTexts();

async function search(visit: Visit, email: string, status = 'Any'): Promise<void> {
  await main(visit).getByLabel('E-mail address').fill(email);
  await main(visit).getByLabel('Status').selectOption({ label: status });
  await press(main(visit), 'Search');
  // A form without a script: what it asks for stands in the address of the page.
  await visit.page.waitForURL(({ searchParams }) => searchParams.get('email') === email);
  await visit.page.waitForLoadState();
}

async function accountOf(
  { app }: TestWeb,
  id: string,
): Promise<{ username: string | null; roles: string[]; isSuspended: boolean } | undefined> {
  const [row] = await app.db.owner<{ username: string | null; roles: string[]; isSuspended: boolean }[]>`
    select username, roles, suspended_at is not null as "isSuspended" from account where id = ${id}::uuid`;
  return row;
}

/** An administrator at the page about somebody, found as one finds them. */
async function atUser(
  web: TestWeb,
  { who, id }: TestUser,
  options: BrowserContextOptions = {},
): Promise<{ readonly visit: Visit; readonly admin: TestUser }> {
  const admin = await adminOf(web);
  const visit = await web.visit('/admin/users', cookiesOf(admin), options);
  await search(visit, who.email);
  await main(visit).getByRole('link', { name: who.email }).click();
  await isAt(visit, `/admin/users/${id}`);
  return { visit, admin };
}

/** What the browser of a user who was thrown out shows, and what comes of a log-in there. */
async function logInAgain(visit: Visit, { who }: TestUser): Promise<void> {
  await visit.page.reload();
  await sees(visit, 'Your session was ended.');
  await main(visit).getByLabel('E-mail address or user name').fill(who.email);
  await main(visit).getByLabel('Password').fill(who.password);
  await press(main(visit), 'Log in');
}

/** Accounts made in the database: they cost no hash. */
const makeUsers = ({ app }: TestWeb, count: number): Promise<unknown> => app.db.owner`
  with subject as (
    insert into audit_subject (wrapped_key) select '\\x00' from generate_series(1, ${count}::int) returning id)
  insert into account (subject_id) select id from subject`;

async function idsOnPage(visit: Visit): Promise<readonly string[]> {
  const links = await main(visit).getByRole('rowheader').getByRole('link').all();
  const paths = await Promise.all(links.map((link) => link.getAttribute('href')));
  return paths.map((path) => path?.split('/').at(-1) ?? '');
}

async function allIds({ app }: TestWeb): Promise<readonly string[]> {
  return (await app.db.owner<{ id: string }[]>`select id from account`).map(({ id }) => id);
}

describeWeb('the administration', (web) => {
  test('is nowhere for who is no administrator', async () => {
    const user = await web.someone();
    for (const path of ['/admin/users', `/admin/users/${user.id}`, '/admin/audit', '/admin/audit/chain']) {
      const visit = await web.visit(path, cookiesOf(user));
      expect(pathOf(visit)).toBe('/account');
      expect(await visit.page.getByRole('link', { name: 'Administration' }).count()).toBe(0);
      expect(pathOf(await web.visit(path))).toBe('/login');
    }
    const admin = await adminOf(web);
    const visit = await web.visit('/account', cookiesOf(admin));
    await visit.page.getByRole('link', { name: 'Administration' }).click();
    await isAt(visit, '/admin/users');
    await setAdmin(web.app, admin.id, false);
    await visit.page.reload();
    expect(pathOf(visit)).toBe('/account');
  });

  test('users are found by the address and by the status, or nobody is', async () => {
    const [user, other] = [await web.someone(), await web.someone()];
    await web.app.db.owner`update account set suspended_at = clock_timestamp() where id = ${other.id}::uuid`;
    const visit = await web.visit('/admin/users', cookiesOf(await adminOf(web)));
    expect(await listed(visit)).toEqual(expect.arrayContaining([user.who.email, other.who.email]));
    await search(visit, user.who.email.toUpperCase());
    expect(await listed(visit)).toEqual([user.who.email]);
    await search(visit, '', 'Suspended');
    expect(await listed(visit)).toEqual([other.who.email]);
    await search(visit, other.who.email, 'Active');
    await sees(visit, `There is no active account with the address ${other.who.email}.`);
    await search(visit, 'nobody@example.com');
    await sees(visit, 'There is no account with the address nobody@example.com.');
    expect(await listed(visit)).toEqual([]);
    await search(visit, 'nobody');
    expect(await alert(visit)).toBe('Please look at the marked fields.');
    expect(await visit.page.locator('#email-wrong').innerText()).toContain('no address');
    expect(await main(visit).getByLabel('E-mail address').inputValue()).toBe('nobody');
  });

  test('the pages of the list hold every user once, also when more come meanwhile', async () => {
    await makeUsers(web, 45);
    const visit = await web.visit('/admin/users', cookiesOf(await adminOf(web)));
    const wanted = await allIds(web);
    expect(wanted.length).toBeGreaterThanOrEqual(46);
    const ids = [...(await idsOnPage(visit))];
    await makeUsers(web, 3);
    while ((await main(visit).getByText('This is the end of the list.').count()) === 0) {
      const last = await main(visit).getByRole('rowheader').last().innerText();
      await main(visit).getByRole('link', { name: 'Next page' }).click();
      await main(visit).getByRole('rowheader', { name: last, exact: true }).waitFor({ state: 'detached' });
      ids.push(...(await idsOnPage(visit)));
    }
    expect(ids.toSorted()).toEqual(wanted.toSorted());
  });

  test.each(SCRIPTS)(
    'a user name and the role are changed, and nothing on top of something newer, %s',
    async (_, js) => {
      const user = await web.someone();
      const { visit, admin } = await atUser(web, user, js);
      const name = `renamed.${user.id.slice(-8)}`;
      const change = part(visit, 'Change');
      await change.getByLabel('User name').fill('No name');
      await press(change, 'Save');
      await visit.page.locator('#username-wrong').waitFor();
      await change.getByLabel('User name').fill(name);
      await change.getByLabel('Administrator').check();
      await press(change, 'Save');
      await sees(visit, 'The changes are saved.');
      expect(await accountOf(web, user.id)).toEqual({ username: name, roles: ['admin'], isSuspended: false });
      expect((await user.session.ask('/v1/admin/users')).status).toBe(200);

      await admin.session.ask(`/v1/admin/users/${user.id}`, { method: 'PATCH', body: { username: `${name}2` } });
      await change.getByLabel('User name').fill(`${name}3`);
      await press(change, 'Save');
      await sees(visit, 'Somebody changed this meanwhile.');
      expect(await change.getByLabel('User name').inputValue()).toBe(`${name}2`);
      expect((await accountOf(web, user.id))?.username).toBe(`${name}2`);
      await change.getByLabel('Administrator').uncheck();
      await press(change, 'Save');
      await sees(visit, 'The changes are saved.');
      expect(await accountOf(web, user.id)).toMatchObject({ username: `${name}2`, roles: [] });
    },
  );

  test('a user name that somebody else has is marked, and what was typed stays', async () => {
    const [user, other] = [await web.someone(), await web.someone()];
    const name = `taken.${other.id.slice(-8)}`;
    await web.app.db.owner`update account set username = ${name} where id = ${other.id}::uuid`;
    const { visit } = await atUser(web, user);
    const change = part(visit, 'Change');
    await change.getByLabel('User name').fill(name);
    await change.getByLabel('Display name').fill('Ada');
    await press(change, 'Save');
    expect(await change.getByRole('alert').innerText()).toBe('Please look at the marked field.');
    expect(await visit.page.locator('#username-wrong').innerText()).toContain('This user name is taken.');
    expect(await change.getByLabel('Display name').inputValue()).toBe('Ada');
  });

  test('the last administrator stays one, and is told why', async () => {
    const admin = await adminOf(web, true);
    const visit = await web.visit(`/admin/users/${admin.id}`, cookiesOf(admin));
    await sees(visit, 'This is you.');
    await part(visit, 'Change').getByLabel('Administrator').uncheck();
    await press(part(visit, 'Change'), 'Save');
    expect(await part(visit, 'Change').getByRole('alert').innerText()).toContain(
      'Nobody would be left who administers',
    );
    await part(visit, 'Suspension').getByLabel('Reason').fill(REASON);
    await press(part(visit, 'Suspension'), 'Suspend');
    expect(await part(visit, 'Suspension').getByRole('alert').innerText()).toContain(
      'Nobody would be left who administers',
    );
    expect(await accountOf(web, admin.id)).toMatchObject({ roles: ['admin'], isSuspended: false });
  });

  test.each(SCRIPTS)('a suspension throws the user out, who is told so, and ends, %s', async (_, js) => {
    const user = await web.someone();
    const there = await web.visit('/account', cookiesOf(user), js);
    const { visit } = await atUser(web, user, js);
    const suspension = part(visit, 'Suspension');
    await press(suspension, 'Suspend');
    await visit.page.locator('#reason-wrong').waitFor();
    expect((await accountOf(web, user.id))?.isSuspended).toBe(false);
    await suspension.getByLabel('Reason').fill(REASON);
    await press(suspension, 'Suspend');
    await sees(visit, 'The user is suspended, and all sessions have ended.');
    await part(visit, 'What is known').getByText('Suspended', { exact: true }).waitFor();
    await logInAgain(there, user);
    expect(await alert(there)).toContain('This account is suspended.');

    await suspension.getByLabel('Reason').fill('It was somebody else.');
    await press(suspension, 'End the suspension');
    await sees(visit, 'The suspension is over. The user may log in again.');
    await part(visit, 'What is known').getByText('Active', { exact: true }).waitFor();
    await main(there).getByLabel('Password').fill(user.who.password);
    await press(main(there), 'Log in');
    await isAt(there, '/account');
    await there.page.goto(`${web.url}/account/activity`);
    const activity = await main(there).innerText();
    expect([activity.includes(REASON), activity.includes('It was somebody else.')]).toEqual([true, true]);
  });

  describe('a password that was shown long ago', () => {
    async function atUserForLong(user: TestUser, js: BrowserContextOptions, page = '') {
      const admin = await adminOf(web);
      await ageSession(web.app.db, admin.session.id, 400);
      await admin.session.renew();
      return { admin, visit: await web.visit(`/admin/users/${user.id}${page}`, cookiesOf(admin), js) };
    }

    /** Shows a password where it is asked for. */
    async function show(visit: Visit, within: Locator, password: string, button: string): Promise<void> {
      await within.getByText('Please show your password once more.').waitFor();
      await within.getByLabel('Password').fill(password);
      await press(within, button);
    }

    test.each(SCRIPTS)('is asked for above what was typed, which stays, %s', async (_, js) => {
      const user = await web.someone();
      const { admin, visit } = await atUserForLong(user, js);
      const [change, name] = [part(visit, 'Change'), `asked.${user.id.slice(-8)}`];
      const typed = () =>
        Promise.all([
          change.getByLabel('User name').inputValue(),
          change.getByLabel('Display name').inputValue(),
          change.getByLabel('Administrator').isChecked(),
        ]);
      await change.getByLabel('User name').fill(name);
      await change.getByLabel('Display name').fill(' <Ada> & "Co." ');
      await change.getByLabel('Administrator').check();
      await press(change, 'Save');
      const cookies = await cookiesIn(visit);
      await show(visit, change, 'a wrong password', 'Save');
      await sees(visit, 'This is not your password.');
      expect(await change.getByLabel('Password').getAttribute('aria-invalid')).toBe('true');
      expect([await typed(), await cookiesIn(visit)]).toEqual([[name, ' <Ada> & "Co." ', true], cookies]);
      expect(await visit.page.content()).not.toContain('a wrong password');
      expect(await accountOf(web, user.id)).toMatchObject({ username: null, roles: [] });

      await change.getByLabel('Password').fill(admin.who.password);
      await press(change, 'Save');
      await sees(visit, 'The changes are saved.');
      expect(await change.getByLabel('Password').count()).toBe(0);
      expect(await accountOf(web, user.id)).toMatchObject({ username: name, roles: ['admin'] });
    });

    test.each(SCRIPTS)('overwrites nothing that was changed while it was asked for, %s', async (_, js) => {
      const user = await web.someone();
      const { admin, visit } = await atUserForLong(user, js);
      const change = part(visit, 'Change');
      await user.session.ask('/v1/me', {
        ...{ method: 'PATCH', body: { display_name: 'From elsewhere' } },
        headers: { 'content-type': 'application/merge-patch+json' },
      });
      await change.getByLabel('Display name').fill('From here');
      await press(change, 'Save');
      await show(visit, change, admin.who.password, 'Save');
      await sees(visit, 'Somebody changed this meanwhile.');
      expect(await change.getByLabel('Display name').inputValue()).toBe('From elsewhere');
    });

    test('is asked for by each form for itself', async () => {
      const user = await web.someone();
      const { admin, visit } = await atUserForLong(user, {});
      const [suspension, sessions] = [part(visit, 'Suspension'), part(visit, 'Sessions')];
      await suspension.getByLabel('Reason').fill(REASON);
      await press(suspension, 'Suspend');
      await suspension.getByLabel('Password').waitFor();
      await press(sessions, 'End all sessions');
      await show(visit, sessions, admin.who.password, 'End all sessions');
      await sees(visit, 'All sessions have ended.');
      expect([await user.session.isAlive(), await suspension.getByLabel('Reason').inputValue()]).toEqual([
        false,
        REASON,
      ]);
      // By now it has been shown.
      await press(suspension, 'Suspend');
      await sees(visit, 'The user is suspended, and all sessions have ended.');
    });

    test.each(SCRIPTS)('is asked for once more before somebody is deleted, %s', async (_, js) => {
      const user = await web.someone();
      const { admin, visit } = await atUserForLong(user, js, '/delete');
      await main(visit).getByLabel('to go on').fill(user.who.email);
      await press(main(visit), 'Delete for good');
      await show(visit, main(visit), 'a wrong password', 'Delete for good');
      await sees(visit, 'This is not your password.');
      expect(await user.session.isAlive()).toBe(true);
      await main(visit).getByLabel('Password').fill(admin.who.password);
      await press(main(visit), 'Delete for good');
      await main(visit).getByRole('heading', { name: 'The account is erased' }).waitFor();
    });
  });

  test.each(SCRIPTS)('all sessions of a user end, and the user is told so, %s', async (_, js) => {
    const user = await web.someone();
    const there = await web.visit('/account', cookiesOf(user), js);
    const { visit } = await atUser(web, user, js);
    const sessions = part(visit, 'Sessions');
    await sessions.getByText('One session is alive.').waitFor();
    await press(sessions, 'End all sessions');
    await sees(visit, 'All sessions have ended.');
    await sessions.getByText('No session is alive.').waitFor();
    await logInAgain(there, user);
    await isAt(there, '/account');
  });

  test.each(SCRIPTS)('a user is deleted by the typed address, against a receipt, %s', async (_, js) => {
    const user = await web.someone();
    const there = await web.visit('/account', cookiesOf(user), js);
    const { visit } = await atUser(web, user, js);
    await main(visit).getByRole('link', { name: 'Delete this account' }).click();
    await isAt(visit, `/admin/users/${user.id}/delete`);
    const typed = main(visit).getByLabel(`Type ${user.who.email} to go on`);
    await typed.fill('somebody@example.com');
    await press(main(visit), 'Delete for good');
    await sees(visit, `This is not ${user.who.email}.`);
    expect(await user.session.isAlive()).toBe(true);

    await typed.fill(user.who.email);
    await press(main(visit), 'Delete for good');
    await main(visit).getByRole('heading', { name: 'The account is erased' }).waitFor();
    // The button is gone, and the focus would be with it.
    if (js.javaScriptEnabled !== false) await main(visit).locator('h1:focus').waitFor();
    const receipt = await main(visit).getByLabel('Receipt').inputValue();
    const verified = await web.app.ask('/v1/deletion-receipts/verify', { body: { receipt } });
    expect(verified.body).toEqual({ valid: true, account_absent: true });
    expect(await accountOf(web, user.id)).toBeUndefined();
    await logInAgain(there, user);
    expect(await alert(there)).toBe('The name or the password is not right.');
    await visit.page.goto(`${web.url}/admin/users/${user.id}`);
    expect(await visit.page.getByRole('region', { name: 'Change' }).count()).toBe(0);
    await visit.page.goto(`${web.url}/admin/users`);
    await search(visit, user.who.email);
    await sees(visit, `There is no account with the address ${user.who.email}.`);
  });

  test('audit events are found by what happened, to whom and by whom', async () => {
    const [user, other] = [await web.someone(), await web.someone()];
    const { visit, admin } = await atUser(web, user);
    for (const { id } of [user, other])
      await admin.session.ask(`/v1/admin/users/${id}/suspension`, { body: { reason: REASON } });
    await main(visit).getByRole('link', { name: 'What happened to this account' }).click();
    await main(visit).getByRole('heading', { name: 'Audit events' }).waitFor();
    expect(await listed(visit)).toEqual(
      expect.arrayContaining(['Account suspended', 'Looked at by an administrator', 'Address confirmed']),
    );
    await main(visit).getByRole('combobox', { name: 'Event' }).selectOption({ label: 'Account suspended' });
    await press(main(visit), 'Search');
    await visit.page.waitForURL(/event=account[.]suspended/);
    expect(await listed(visit)).toEqual(['Account suspended']);
    await main(visit).locator('summary').click();
    await sees(visit, REASON);
    const at = await main(visit).getByRole('time').first().getAttribute('datetime');
    await sees(visit, at ?? '');
    expect(await main(visit).getByRole('time').first().innerText()).toBe(
      at?.replace('T', ' ').replace(/\.\d+Z/, ' UTC'),
    );
    expect(await main(visit).getByRole('cell', { name: 'You' }).count()).toBe(1);

    await main(visit).getByLabel('About the user').fill('');
    await main(visit).getByLabel('By the administrator').fill(admin.id);
    await press(main(visit), 'Search');
    await visit.page.waitForURL(/user_id=&/);
    expect(await listed(visit)).toEqual(['Account suspended', 'Account suspended']);
    await main(visit).getByLabel('Until').fill('2020-01-01T00:00');
    await press(main(visit), 'Search');
    await sees(visit, 'There is no event “Account suspended” for these users and times.');
    await main(visit).getByLabel('By the administrator').fill('root');
    await press(main(visit), 'Search');
    await sees(visit, 'This is no id of a user.');
  });

  test('the chain of audit events is told to be whole, and to be broken', async () => {
    const trail = AuditTrail.in(web.app);
    try {
      const visit = await web.visit('/admin/audit/chain', cookiesOf(await adminOf(web)));
      await trail.settled();
      await trail.seal();
      await visit.page.reload();
      await sees(visit, 'All that was verified is as it was written.');
      await sees(visit, 'Every event is sealed.');
      const [row] = await web.app.db.owner<{ events: number }[]>`select count(*)::int as events from audit_event`;
      expect(await part(visit, 'Verified now').innerText()).toContain(`${row?.events} events in`);
      await trail.tamper(`update audit_event set request_id = 'x' where id = (select id from audit_event limit 1)`);
      await visit.page.reload();
      await sees(visit, 'The chain is broken: something was changed.');
      await part(visit, 'Verified now').getByText('an event was edited').waitFor();
    } finally {
      await trail.close();
    }
  });
});

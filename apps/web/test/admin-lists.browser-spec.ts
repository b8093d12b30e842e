import type { Visit } from '#testing/browser';

import { adminOf, main, part, press, SCRIPTS, sees } from './steps.ts';
import { cookiesOf, describeWeb } from './test-web.ts';

jest.setTimeout(120_000);

const REASON = 'Spam, says everybody.';

const isOut = ({ page }: Visit): Promise<void> =>
  page.waitForURL((url) => url.pathname === '/login' && url.searchParams.get('reason') === 'session-ended');

/** When the events of a page were, the newest first. */
async function timesOf(visit: Visit): Promise<readonly string[]> {
  const times = await main(visit).locator('tr.first').getByRole('time').all();
  return Promise.all(times.map(async (time) => (await time.getAttribute('datetime')) ?? ''));
}

describeWeb('lists of audit events', (web) => {
  test('have pages that hold every event once, and one that is not there says so', async () => {
    const [user, admin] = [await web.someone(), await adminOf(web)];
    for (let n = 0; n < 15; n += 1)
      for (const ask of [{ body: { after_days: 30 } }, { method: 'DELETE' }])
        expect((await user.session.ask('/v1/me/deletion', ask)).status).toBeLessThan(300);
    const visit = await web.visit(`/admin/audit?user_id=${user.id}&event=account.deletion_scheduled`, cookiesOf(admin));
    expect(await main(visit).getByRole('rowheader').count()).toBe(15);
    await visit.page.goto(`${web.url}/admin/audit?user_id=${user.id}`);
    const first = await main(visit).getByRole('rowheader').count();
    const next = main(visit).getByRole('link', { name: 'Next page' });
    expect(await next.getAttribute('href')).toContain(`user_id=${user.id}`);
    await next.click();
    await sees(visit, 'This is the end of the list.');
    const kinds = await main(visit).getByRole('rowheader').allInnerTexts();
    expect(kinds.at(-1)).toBe('Registration begun');
    // Registration, activation, log-in, and that an administrator looked.
    expect(first + kinds.length).toBeGreaterThanOrEqual(33);
    await visit.page.goto(`${web.url}/admin/audit?user_id=${user.id}&cursor=x`);
    await sees(visit, 'This page of the list is not there. Please search again.');
    expect(await main(visit).getByLabel('About the user').inputValue()).toBe(user.id);
    await visit.page.goto(`${web.url}/admin/users?cursor=x`);
    await sees(visit, 'This page of the list is not there. Please search again.');
  });

  test('begin at a time, in UTC', async () => {
    const [user, admin] = [await web.someone(), await adminOf(web)];
    const visit = await web.visit(`/admin/audit?user_id=${user.id}`, cookiesOf(admin), { timezoneId: 'Asia/Tokyo' });
    const [newest = '', ...others] = await timesOf(visit);
    // The activation and the session that came with it are of one moment.
    const older = others.filter((time) => time < newest);
    expect(older.length).toBeGreaterThan(0);
    await visit.page.goto(`${web.url}/admin/audit?user_id=${user.id}&from=${newest.replace('Z', '')}`);
    const later = await timesOf(visit);
    expect(later).toContain(newest);
    for (const time of older) expect(later).not.toContain(time);
    await main(visit)
      .getByLabel('From')
      .fill(new Date(Date.now() + 3_600_000).toISOString().slice(0, 16));
    await press(main(visit), 'Search');
    await sees(visit, 'There is no event for these users and times.');
    await visit.page.goto(`${web.url}/admin/audit?from=yesterday`);
    await sees(visit, 'This is no time.');
  });
});

describeWeb('what administrators do to users, and to themselves', (web) => {
  test.each(SCRIPTS)('a display name and a language are changed, and taken back, %s', async (_, options) => {
    const [user, admin] = [await web.someone(), await adminOf(web)];
    const visit = await web.visit(`/admin/users/${user.id}`, cookiesOf(admin), options);
    const change = part(visit, 'Change');
    await change.getByLabel('Language').fill('klingon!');
    await press(change, 'Save');
    await sees(visit, 'This is no language tag');
    await change.getByLabel('Display name').fill('Ada L.');
    await change.getByLabel('Language').fill('de-AT');
    await press(change, 'Save');
    await sees(visit, 'The changes are saved.');
    expect((await user.session.ask('/v1/me')).body).toMatchObject({ display_name: 'Ada L.', locale: 'de-AT' });
    await part(visit, 'What is known').getByText('Ada L.').waitFor();
    await change.getByLabel('Display name').fill('');
    await press(change, 'Save');
    await part(visit, 'What is known').getByText('Ada L.').waitFor({ state: 'detached' });
    expect((await user.session.ask('/v1/me')).body).toMatchObject({ display_name: null, locale: 'de-AT' });
  });

  test.each(SCRIPTS)('who ends the own sessions has to log in again, %s', async (_, options) => {
    const admin = await adminOf(web);
    const visit = await web.visit(`/admin/users/${admin.id}`, cookiesOf(admin), options);
    await sees(visit, 'One of them is yours, here: you have to log in again.');
    await press(part(visit, 'Sessions'), 'End all sessions');
    await isOut(visit);
    expect(await admin.session.isAlive()).toBe(false);
  });

  test.each(SCRIPTS)('who suspends oneself is out, %s', async (_, options) => {
    const [, admin] = [await adminOf(web), await adminOf(web)];
    const visit = await web.visit(`/admin/users/${admin.id}`, cookiesOf(admin), options);
    await sees(visit, 'You are out at once, and somebody else has to let you in again.');
    await part(visit, 'Suspension').getByLabel('Reason').fill(REASON);
    await press(part(visit, 'Suspension'), 'Suspend');
    await isOut(visit);
    await main(visit).getByLabel('E-mail address or user name').fill(admin.who.email);
    await main(visit).getByLabel('Password').fill(admin.who.password);
    await press(main(visit), 'Log in');
    await sees(visit, 'This account is suspended.');
  });

  test.each(SCRIPTS)('who deletes oneself sees the receipt, and is nobody then, %s', async (_, options) => {
    const [, admin] = [await adminOf(web), await adminOf(web)];
    const visit = await web.visit(`/admin/users/${admin.id}/delete`, cookiesOf(admin), options);
    await sees(visit, 'This is your own account. You are out at once.');
    await main(visit).getByLabel(`Type ${admin.who.email}`).fill(admin.who.email);
    await press(main(visit), 'Delete for good');
    await main(visit).getByRole('heading', { name: 'The account is erased' }).waitFor();
    const receipt = await main(visit).getByLabel('Receipt').inputValue();
    const verified = await web.app.ask('/v1/deletion-receipts/verify', { body: { receipt } });
    expect(verified.body).toEqual({ valid: true, account_absent: true });
    await main(visit).getByRole('link', { name: 'All users' }).click();
    await isOut(visit);
  });
});

import type { BrowserContextOptions, Page } from 'playwright-core';

import { TestSession } from '#testing/sessions';
import { ageSession } from '#testing/time-travel';

import { adminOf } from './steps.ts';
import { cookiesOf, describeWeb } from './test-web.ts';

jest.setTimeout(120_000);

const WRITTEN_BACKWARDS = '\u202Eada';

/** A property of the first element of a kind, as the browser has it. */
const styleOf = (page: Page, selector: string, property: string): Promise<string> =>
  page.evaluate<string>(`getComputedStyle(document.querySelector(${JSON.stringify(selector)})).${property}`);

describeWeb('pages of the web application for who reads them otherwise', (web) => {
  test('buttons and details that look alike are called apart', async () => {
    const user = await web.someone();
    for (const seconds of [3_600, 7_200]) {
      const { id } = await TestSession.of(web.app, user.who, { device_name: 'Firefox on Linux' });
      // Sessions are told apart to the minute.
      await ageSession(web.app.db, id, seconds);
    }
    const { page } = await web.visit('/account/sessions', cookiesOf(user));
    const called = await page.getByRole('button', { name: 'End Firefox on Linux' }).allInnerTexts();
    expect(called).toHaveLength(2);
    expect(new Set(called).size).toBe(2);
    for (const name of called)
      expect(name).toMatch(/^End\s+Firefox on Linux, logged in \d{4}-\d\d-\d\d \d\d:\d\d UTC$/);

    const admin = await adminOf(web);
    const { page: audit } = await web.visit(`/admin/audit?user_id=${user.id}`, cookiesOf(admin));
    const details = await audit.locator('summary').allInnerTexts();
    expect(details.length).toBeGreaterThan(2);
    for (const name of details) expect(name).toMatch(/^Details\s+of .+, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
  });

  test('the page that one of a part belongs to is marked', async () => {
    const admin = await adminOf(web);
    const marked = async (path: string): Promise<readonly (string | null)[]> => {
      const { page } = await web.visit(path, cookiesOf(admin));
      const links = await page.getByRole('navigation').locator('[aria-current]').all();
      return Promise.all(links.flatMap((link) => [link.innerText(), link.getAttribute('aria-current')]));
    };
    expect(await marked('/admin/users')).toEqual(['Users', 'page']);
    expect(await marked(`/admin/users/${admin.id}`)).toEqual(['Users', 'true']);
    expect(await marked('/admin/audit/chain')).toEqual(['Audit chain', 'page']);
    expect(await marked('/account')).toEqual(['Profile', 'page']);
  });

  test('where colours are forced, notes and the page that this is have lines', async () => {
    const { page } = await web.visit('/account?welcome=1', cookiesOf(await web.someone()), { forcedColors: 'active' });
    expect(await styleOf(page, '.note', 'borderTopStyle')).toBe('solid');
    // A transparent one would be rgba.
    expect(await styleOf(page, '.note', 'borderTopColor')).toMatch(/^rgb\(/);
    expect(await styleOf(page, '.side [aria-current]', 'outlineStyle')).toBe('solid');
  });

  test.each([
    ['reduce', '0s'],
    ['no-preference', '0.12s'],
  ] as const)('who wants motion to be %s sees transitions of %s', async (reducedMotion, duration) => {
    const options: BrowserContextOptions = { reducedMotion };
    const { page } = await web.visit('/account', cookiesOf(await web.someone()), options);
    for (const selector of ['button', '.side a'])
      expect(await styleOf(page, selector, 'transitionDuration')).toBe(duration);
  });

  test('a page that is not there and one that failed are named', async () => {
    const { page } = await web.visit('/no-such-page');
    expect(await page.title()).toBe('There is nothing here · Troth');
    const broken = await web.api.answering('GET /v1/privacy/inventory', { status: 200, body: {} }, () =>
      web.visit('/privacy'),
    );
    await broken.page.getByRole('heading', { name: 'Something went wrong' }).waitFor();
    expect(await broken.page.title()).toBe('Something went wrong · Troth');
  });

  test('a name that is written backwards turns nothing around it', async () => {
    const user = await web.someone();
    await TestSession.of(web.app, user.who, { device_name: `${WRITTEN_BACKWARDS} phone` });
    for (const path of ['/account/sessions', '/account/activity']) {
      const { page } = await web.visit(path, cookiesOf(user));
      expect(await page.locator('bdi').allInnerTexts()).toContain(`${WRITTEN_BACKWARDS} phone`);
    }
  });
});

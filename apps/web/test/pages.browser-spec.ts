import axe from 'axe-core';
import type { Page } from 'playwright-core';

import { setAdmin, type TestUser } from '#testing/admins';
import { isTooWide, NARROW, takePictures, type Visit } from '#testing/browser';

import { strikeOut } from './awaited.ts';
import { PAGES, type WebPage } from './pages.ts';
import { STATES } from './states.ts';
import { type Cookies, cookiesOf, describeWeb, type TestWeb } from './test-web.ts';

jest.setTimeout(120_000);

/** What axe finds, in words; how large a thing is that is to be hit, it looks at only when it is told to. */
async function violationsOn(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(
    `axe.run(document, { rules: { 'target-size': { enabled: true } } }).then(({ violations }) =>
       violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => id + ': ' + help + ': ' + html)))`,
  );
}

/** Who looks at a page, by their cookies. */
interface Onlooker {
  readonly cookies: Cookies;
  readonly id: string;
}

async function onlookerOf(web: TestWeb, { who, awaited }: WebPage): Promise<Onlooker> {
  const user = who === 'nobody' ? undefined : await someone(web, who);
  const cookies = user === undefined ? {} : cookiesOf(user);
  return { cookies: awaited === undefined ? cookies : await awaiting(web, cookies, awaited), id: user?.id ?? '' };
}

async function someone(web: TestWeb, who: WebPage['who']): Promise<TestUser> {
  const user = await web.someone(who);
  if (who === 'admin') {
    await setAdmin(web.app, user.id);
    // The role is in tokens from then on.
    await user.session.renew();
  }
  return user;
}

/** The cookies of a browser in which a code is awaited. */
async function awaiting(web: TestWeb, before: Cookies, awaited: NonNullable<WebPage['awaited']>): Promise<Cookies> {
  const isClaim = awaited.endsWith('claim');
  const visit = await web.visit(isClaim ? '/register' : '/account/email', before);
  const { page } = visit;
  await page.getByLabel(isClaim ? 'E-mail address' : 'New address').fill(web.address());
  if (isClaim) await page.getByLabel('Password').fill('correct horse battery');
  await page.getByLabel(isClaim ? 'E-mail address' : 'New address').press('Enter');
  await page.getByLabel('Code').waitFor();
  if (awaited.startsWith('struck')) await strikeOut(visit, isClaim ? 'claim' : 'change');
  const cookies = await page.context().cookies();
  await page.context().close();
  return Object.fromEntries(cookies.map(({ name, value }) => [name, value]));
}

// Next.js lets go of the answer to a form once it has read it, and tells in the console what an error page is for.
const OF_NEXT = /^failed: .* net::ERR_ABORTED$|Minified React error #441/;
// Chromium tells of an answer that is no 200, as it should be, in three ways.
const unexpected = ({ faults }: Visit, status = 200): readonly string[] =>
  faults.filter((fault) => status === 200 || !fault.includes(String(status)));

/** Looks at a page in both colours, wide and narrow. */
async function expectGood({ page }: Visit): Promise<void> {
  const found: Record<string, readonly string[]> = {};
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    found[colorScheme] = await violationsOn(page);
  }
  const wide = page.viewportSize();
  await page.setViewportSize(NARROW);
  found.narrow = await violationsOn(page);
  if (wide) await page.setViewportSize(wide);
  expect(found).toEqual({ light: [], dark: [], narrow: [] });
  expect(await page.locator('h1').count()).toBe(1);
  expect(await isTooWide(page)).toBe(false);
}

describeWeb('every page of the web application', (web) => {
  test.each(PAGES.map((page) => [page.name, page] as const))('%s', async (name, wanted) => {
    const { cookies, id } = await onlookerOf(web, wanted);
    const path = wanted.path.replace('{id}', id);
    const visit = await web.visit(path, cookies);
    expect(new URL(visit.page.url()).pathname).toBe(path.replace(/\?.*/, ''));
    await expectGood(visit);
    await takePictures(visit.page, `web-${name}`);
    expect(unexpected(visit, wanted.status)).toEqual([]);
    await visit.page.context().close();
  });
});

describeWeb('what pages of the web application become', (web) => {
  test.each(STATES.map((state) => [state.name, state] as const))('%s', async (name, { who, reach, status }) => {
    const visit = await reach(web, await someone(web, who));
    // Before anything is measured: what fails is to be seen.
    await takePictures(visit.page, `web-${name}`);
    await expectGood(visit);
    expect(unexpected(visit, status).filter((fault) => !OF_NEXT.test(fault))).toEqual([]);
    await visit.page.context().close();
  });
});

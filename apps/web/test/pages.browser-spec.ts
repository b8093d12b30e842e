import axe from 'axe-core';
import type { Page } from 'playwright-core';

import { setAdmin } from '#testing/admins';
import { isTooWide, takePictures, type Visit } from '#testing/browser';

import { strikeOut } from './awaited.ts';
import { PAGES, type WebPage } from './pages.ts';
import { type Cookies, cookiesOf, describeWeb, type TestWeb } from './test-web.ts';

jest.setTimeout(120_000);

/** What axe finds, in words. */
async function violationsOn(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(
    `axe.run(document).then(({ violations }) =>
       violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => id + ': ' + help + ': ' + html)))`,
  );
}

/** Who looks at a page, by their cookies. */
interface Onlooker {
  readonly cookies: Cookies;
  readonly id: string;
}

async function onlookerOf(web: TestWeb, { who, awaited }: WebPage): Promise<Onlooker> {
  if (who === 'nobody') return { cookies: awaited === undefined ? {} : await awaiting(web, {}, awaited), id: '' };
  const user = await web.someone(who);
  if (who === 'admin') {
    await setAdmin(web.app, user.id);
    // The role is in tokens from then on.
    await user.session.renew();
  }
  const cookies = cookiesOf(user);
  return { cookies: awaited === undefined ? cookies : await awaiting(web, cookies, awaited), id: user.id };
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

// Chromium tells of an answer that is no 200, as it should be, in three ways.
const unexpected = ({ faults }: Visit, status = 200): readonly string[] =>
  faults.filter((fault) => status === 200 || !fault.includes(String(status)));

describeWeb('every page of the web application', (web) => {
  test.each(PAGES.map((page) => [page.name, page] as const))('%s', async (name, wanted) => {
    const { cookies, id } = await onlookerOf(web, wanted);
    const path = wanted.path.replace('{id}', id);
    const visit = await web.visit(path, cookies);
    const { page } = visit;
    expect(new URL(page.url()).pathname).toBe(path.replace(/\?.*/, ''));
    const found: Record<string, readonly string[]> = {};
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      found[colorScheme] = await violationsOn(page);
    }
    expect(found).toEqual({ light: [], dark: [] });
    expect(await page.locator('h1').count()).toBe(1);
    expect(await isTooWide(page)).toBe(false);
    await takePictures(page, `web-${name}`);
    expect(unexpected(visit, wanted.status)).toEqual([]);
    await page.context().close();
  });
});

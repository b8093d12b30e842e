import type { BrowserContextOptions, Locator } from 'playwright-core';

import { setAdmin, type TestUser } from '#testing/admins';
import type { Visit } from '#testing/browser';
import { eventually } from '#testing/eventually';

import type { TestWeb } from './test-web.ts';

/** Both ways in which a page has to work, each by its name. */
export const SCRIPTS: readonly (readonly [string, BrowserContextOptions])[] = [
  ['with a script', {}],
  ['without a script', { javaScriptEnabled: false }],
];

/** An administrator, the only one or one more. */
export async function adminOf(web: TestWeb, isOnly = false): Promise<TestUser> {
  const admin = await web.someone('admin');
  if (isOnly) await web.app.db.owner`update account set roles = '{}'`;
  await setAdmin(web.app, admin.id);
  // The role is in tokens from then on.
  await admin.session.renew();
  return admin;
}

/** What a page is about: without what stands around every page. */
export const main = ({ page }: Visit): Locator => page.getByRole('main');

/** A part of it, by its name. */
export const part = (visit: Visit, name: string): Locator => main(visit).getByRole('region', { name });

/** Presses a button of a page, or of a part of one. */
export function press(where: Visit | Locator, name: string | RegExp): Promise<void> {
  const within = 'faults' in where ? main(where) : where;
  return within.getByRole('button', { name, exact: true }).click();
}

/** Waits until a page says something. */
export const sees = (visit: Visit, text: string | RegExp): Promise<void> => main(visit).getByText(text).waitFor();

/** Waits until it has a heading. */
export const heading = ({ page }: Visit, name: string): Promise<void> => page.getByRole('heading', { name }).waitFor();

/** What it says went wrong. */
export const alert = (visit: Visit): Promise<string> => main(visit).getByRole('alert').innerText();

/** Waits until the browser is at a path, with whatever query. */
export const isAt = ({ page }: Visit, path: string): Promise<void> =>
  page.waitForURL(({ pathname }) => pathname === path);

/** Waits until "back" has led to an address. The page that was left is given up on the way there, which a wait for it would not survive. */
export async function goBackTo({ page }: Visit, address: string): Promise<void> {
  await page.goBack({ waitUntil: 'commit' });
  await eventually(() => Promise.resolve(page.url() === address || undefined));
}

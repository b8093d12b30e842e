import { readdirSync } from 'node:fs';
import path from 'node:path';

import { PAGES } from './pages.ts';

const APP = path.join('apps', 'web', 'app');
/** What leads elsewhere, and shows nothing itself. */
const WAYS = ['/admin'];

/** The path of a page by its file: a folder in parentheses is no part of it. */
function pathOf(file: string): string {
  const folders = path.dirname(file).split(path.sep);
  const named = folders.filter((folder) => folder !== '.' && !/^\(.*\)$/.test(folder));
  return `/${named.join('/').replaceAll('[', '{').replaceAll(']', '}')}`;
}

test('every page of the application is in the list that all tests of pages go by, and none that is not', () => {
  const files = readdirSync(APP, { recursive: true, encoding: 'utf8' });
  const there = files.filter((file) => path.basename(file) === 'page.tsx').map(pathOf);
  const listed = PAGES.filter(({ status }) => status === undefined).map((page) => page.path.replace(/\?.*/, ''));
  expect([...new Set([...listed, ...WAYS])].toSorted()).toEqual(there.toSorted());
});

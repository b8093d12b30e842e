import { findBrowser } from './browser.ts';

test('the browser that is named is taken, and no other in its place', () => {
  expect(findBrowser(process.execPath)).toBe(process.execPath);
  expect(findBrowser('/nowhere/chromium')).toBeUndefined();
  expect(findBrowser('package.json')).toBeUndefined();
});

import { nextPath } from '../lib/next-path.ts';

test.each([
  '/',
  '/account',
  '/account/activity?cursor=eyJhIjoxfQ',
  '/admin/users?email=ada%40example.com&status=active',
  '/admin/audit?event=&user_id=a+b&from=2026-01-01T00%3A00',
  '/admin/users?email=~*!(a)b;c,d$e@f:g',
  '/admin/users?email=%00%0d%0a',
  '/reauthenticate?next=%2Faccount%2Fdeletion',
  '/login?next=//evil.example',
  '/@evil.example',
  '/%2f%2fevil.example',
  '/%5cevil.example',
])('%s is a way on', (path) => {
  expect(nextPath(path)).toBe(path);
});

test('a way on is what a browser makes of it, without what only a browser knows', () => {
  expect(nextPath('/account/../admin/./users?a=b#c')).toBe('/admin/users?a=b');
});

test.each([
  '',
  'account',
  '?a=b',
  '#a',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '\\/evil.example',
  '/.//evil.example',
  '/..//evil.example',
  '/%2e//evil.example',
  '/%2E%2e//evil.example',
  '/a/..//evil.example',
  '/account//evil.example',
  '/a\\..\\/evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  ' /account',
  '/account ',
  '/account\r\nSet-Cookie: a=b',
  '/account\0',
  '/account\u007f',
  '/\u2215evil.example',
  '/\uff0fevil.example',
  '/\ud800',
  'https://evil.example',
  'javascript:alert(1)',
  'http:/evil.example',
  'account@evil.example',
  `/${'a'.repeat(2_048)}`,
  undefined,
  null,
  7,
  ['/account/email'],
  { toString: () => '//evil.example' },
])('%j leads to the account', (wanted) => {
  expect(nextPath(wanted)).toBe('/account');
});

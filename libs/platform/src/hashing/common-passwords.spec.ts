import { isCommonPassword } from './common-passwords.ts';

test.each(['123456789', 'password1', 'Password123', 'QWERTYUIOP', 'Liverpool'])('%s is common', (password) => {
  expect(isCommonPassword(password)).toBe(true);
});

test.each(['correct horse battery staple', 'kR7#vw2!pLq', '', ' 123456789', '__proto__', 'constructor'])(
  '%p is not common',
  (password) => {
    expect(isCommonPassword(password)).toBe(false);
  },
);

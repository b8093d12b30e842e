import { normalizePassword, passwordFault } from './password.ts';

const policy = { minLength: 9, isCommon: (password: string) => password === 'password1' };
const fault = (password: string) => passwordFault(password, 'Ada.Lovelace@example.com', policy);

test.each([
  ['', 'too-short'],
  ['12345678', 'too-short'],
  ['\u{1f511}'.repeat(8), 'too-short'],
  ['x'.repeat(257), 'too-long'],
  ['x'.repeat(1_000_000), 'too-long'],
  ['\ufdfa'.repeat(200), 'too-long'],
  ['\ud800 a lone surrogate', 'ill-formed'],
  ['a NUL \0 inside', 'ill-formed'],
  ['a line\nbreak inside', 'ill-formed'],
  ['a C1 control \u0085 inside', 'ill-formed'],
  ['password1', 'common'],
  ['\uff50assword1', 'common'],
  ['ada.lovelace@example.com', 'is-the-address'],
  ['ADA.Lovelace@example.com', 'is-the-address'],
])('%#: a password is refused as %s', (password, expected) => {
  expect(fault(password)).toBe(expected);
});

test.each(['123456789', '\u{1f511}'.repeat(9), 'x'.repeat(256), 'with spaces and : colons', '         '])(
  '%j is accepted: there are no composition rules',
  (password) => {
    expect(fault(password)).toBeUndefined();
  },
);

test('two ways to type one password are one password', () => {
  expect(normalizePassword('\u00e9t\u00e9 \uff21')).toBe(normalizePassword('e\u0301te\u0301 A'));
});

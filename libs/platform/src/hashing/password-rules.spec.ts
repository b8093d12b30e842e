import { readConfig } from '#platform/config/config';

import { PasswordRules } from './password-rules.ts';

const rulesOf = (profile: string): PasswordRules =>
  new PasswordRules(
    readConfig({ DATABASE_URL: 'postgres://u@h/d', TROTH_SECRET: 'of this test', SECURITY_PROFILE: profile }),
  );

test.each([
  ['standard', 'short', 'too-short'],
  ['standard', 'x'.repeat(257), 'too-long'],
  ['standard', 'line\nbreak in it', 'ill-formed'],
  ['standard', 'password1', 'common'],
  ['standard', 'ADA@example.com', 'is-the-address'],
  ['standard', 'nine char', undefined],
  ['strict', 'fourteen chars', 'too-short'],
  ['strict', 'fifteen charact', undefined],
])('the profile %s judges %j: %s', (profile, password, code) => {
  const fault = rulesOf(profile).faultOf(password, 'ada@example.com', '/new_password');
  expect(fault).toEqual(
    code && { pointer: '/new_password', code, detail: expect.stringMatching(/^The password .+\.$/) },
  );
});

test('without an address there is none that a password could be', () => {
  expect(rulesOf('standard').faultOf('ada@example.com', '', '/new_password')).toBeUndefined();
});

import { readConfig } from '#platform/config/config';

import { Metrics } from '../metrics/metrics.ts';
import { BreachedPasswords } from './breached-passwords.ts';
import { PasswordRules } from './password-rules.ts';

function rulesOf(profile: string): PasswordRules {
  const config = readConfig({
    DATABASE_URL: 'postgres://u@h/d',
    TROTH_SECRET: 'of this test',
    SECURITY_PROFILE: profile,
  });
  return new PasswordRules(config, new BreachedPasswords(config, new Metrics()));
}

test.each([
  ['standard', 'short', 'too-short'],
  ['standard', 'x'.repeat(257), 'too-long'],
  ['standard', 'line\nbreak in it', 'ill-formed'],
  ['standard', 'password1', 'common'],
  ['standard', 'ADA@example.com', 'is-the-address'],
  ['standard', 'nine char', undefined],
  ['strict', 'fourteen chars', 'too-short'],
  ['strict', 'fifteen charact', undefined],
])('the profile %s judges %j: %s', async (profile, password, code) => {
  const fault = await rulesOf(profile).faultOf(password, 'ada@example.com', '/new_password');
  expect(fault).toEqual(
    code && { pointer: '/new_password', code, detail: expect.stringMatching(/^The password .+\.$/) },
  );
});

test.each([
  ['standard', 9],
  ['strict', 15],
])('the profile %s says how long a password has to be: %d characters', async (profile, length) => {
  const fault = await rulesOf(profile).faultOf('short', '', '/new_password');
  expect(fault?.detail).toBe(`The password is too short: it has to have at least ${length} characters.`);
});

test('without an address there is none that a password could be', async () => {
  expect(await rulesOf('standard').faultOf('ada@example.com', '', '/new_password')).toBeUndefined();
});

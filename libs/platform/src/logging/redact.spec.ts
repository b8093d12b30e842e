import { inspect } from 'node:util';

import { Secret } from '#domain/secret';
import { cpuTimeOf } from '#testing/cpu-time';

import { redactError, redactField, scrub } from './redact.ts';

test.each([
  ['mail to ada@example.com failed', 'mail to [address] failed'],
  ['<Ada.Lovelace+tag@sub.example.co.uk>', '<[address]>'],
  ['"ada lovelace"@example.com', '"ada lovelace"@example.com'],
  ['ADA@EXAMPLE.COM,bob@example.com', '[address],[address]'],
  ['größe@exämple.com', '[address]'],
  [
    'connect postgres://troth:pass@word@db:5432/troth?sslmode=require',
    'connect postgres://[credentials]@db:5432/troth?[query]',
  ],
  ['smtps://user%40x:p@mail:465', 'smtps://[credentials]@mail:465'],
  ['GET /letters/owner?owner_token=AAAA&x=1 done', 'GET /letters/owner?[query] done'],
  ['Authorization: Basic YWRhOng=', 'Authorization: Basic [credentials]'],
  ['bearer abc.def-ghi', 'bearer [credentials]'],
  ['$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA', '[secret]'],
  ['token eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIxIn0.c2ln', 'token [secret].eyJzdWIiOiIxIn0.c2ln'],
  ['id 0190a3c4-7b1e-7cc3-98c4-dc0c0c07398f stays', 'id 0190a3c4-7b1e-7cc3-98c4-dc0c0c07398f stays'],
  [
    'at /app/node_modules/@nestjs/core/router/router-execution-context.js:61:37',
    'at /app/node_modules/@nestjs/core/router/router-execution-context.js:61:37',
  ],
])('%s is logged as %s', (text, logged) => {
  expect(scrub(text)).toBe(logged);
});

test('the log keeps the name of a secret field and nothing of its value', () => {
  for (const name of [
    'password',
    'newPassword',
    'owner_token',
    'TROTH_SECRET',
    'authorization',
    'Cookie',
    'email',
    'toAddress',
    'code',
    'url',
    'ip',
    'headers',
  ]) {
    expect([name, redactField(name, 'value'), redactField(name, 1234)]).toEqual([name, '[redacted]', '[redacted]']);
  }
});

test('plain values stay, objects do not', () => {
  expect(redactField('reason', 'code_expired')).toBe('code_expired');
  expect(redactField('count', 3)).toBe(3);
  expect(redactField('size', 3n)).toBe('3');
  expect(redactField('open', false)).toBe(false);
  expect(redactField('password', undefined)).toBeUndefined();
  expect(redactField('claim', { code: '4711' })).toBe('[object]');
  expect(redactField('row', [1])).toBe('[object]');
  expect(redactField('held', new Secret('hidden'))).toBe('[object]');
});

test('an error is its kind, message, stack and cause, scrubbed, and none of its properties', () => {
  const cause = Object.assign(new RangeError('Key (email)=(ada@example.com) already exists'), {
    detail: 'ada@example.com',
  });
  const error = Object.assign(new Error('no mail to ada@example.com', { cause }), {
    query: 'select',
    parameters: ['ada@example.com'],
  });
  const logged = redactError(error);
  expect(logged).toMatchObject({ kind: 'Error', message: 'no mail to [address]', cause: { kind: 'RangeError' } });
  expect(inspect(logged, { depth: 9 })).not.toMatch(/ada@example|parameters|select/);
  expect(redactError('ada@example.com')).toEqual({ kind: 'string' });
});

test('causes that go round in a circle end', () => {
  const error = new Error('round');
  error.cause = error;
  expect(JSON.stringify(redactError(error)).length).toBeLessThan(20_000);
});

test('a huge text is cut, and costs no time', async () => {
  const texts = [
    'a'.repeat(1_000_000),
    '@'.repeat(1_000_000),
    'a@'.repeat(500_000),
    '?a='.repeat(300_000),
    'a://'.repeat(300_000),
    'x:'.repeat(500_000),
  ];
  const spent = await cpuTimeOf(() => {
    for (const text of texts) expect(scrub(text).length).toBeLessThan(20_000);
  });
  expect(spent).toBeLessThan(1_000);
});

import { randomBytes } from 'node:crypto';

import type { LeasedLetter } from '#data/letter';
import { Secret } from '#domain/secret';
import { readConfig } from '#platform/config/config';
import { readAccountToken } from '#platform/keys/account-token';
import { KeyRing } from '#platform/keys/key-ring';

import { LetterWriter } from './letter-writer.ts';

const ADDRESS_KEY = randomBytes(32);
const SECRET = 'a secret for tests alone that is long enough';
const keys = new KeyRing(new Secret(SECRET), [], ADDRESS_KEY);
const EMAIL = 'ada@example.com';

function writerFor(settings: Readonly<Record<string, string>>, ring = keys): LetterWriter {
  return new LetterWriter(readConfig({ DATABASE_URL: 'postgres://u@h/d', TROTH_SECRET: SECRET, ...settings }), ring);
}

function rowOf(more: Partial<LeasedLetter> = {}): LeasedLetter {
  return {
    id: '01a20d96-fc7a-7d2f-a487-006739ba91f0',
    kind: 'registration_code',
    envelope: keys.sealEnvelope({ email: EMAIL, locale: null }),
    addressKey: keys.addressKey(EMAIL),
    claimId: '01a20d96-fc7a-7d2f-a487-006739ba91f1',
    changeId: null,
    keyId: keys.currentKeyId,
    codeLength: 4,
    tokenId: null,
    accountId: null,
    accountLocale: null,
    accountDeletionAt: null,
    issuedDay: 20_000,
    attempts: 1,
    ageMs: 10,
    windowLeftMs: 60_000,
    ...more,
  };
}

test.each([
  [{}, 'http://localhost:3000/letters/owner?owner_token='],
  [{ PUBLIC_URL: 'https://auth.example.com/base/' }, 'https://auth.example.com/base/letters/owner?owner_token='],
  [
    { PUBLIC_URL: 'https://auth.example.com', WEB_URL: 'https://web.example.com/app/' },
    'https://web.example.com/app/owner?owner_token=',
  ],
])('with %j links begin with %s', (settings, start) => {
  for (const kind of ['registration_code', 'already_registered'] as const) {
    const letter = writerFor(settings).write(rowOf({ kind }), 60);
    const [link = ''] = /^https?:.*$/m.exec(letter?.text ?? '') ?? [];
    expect(link.startsWith(start)).toBe(true);
    expect(keys.openOwnerToken(link.slice(start.length))).toMatchObject({ day: 20_000 });
    expect([letter?.id, letter?.to]).toEqual([rowOf().id, EMAIL]);
  }
});

test.each([4, 8])('the code of %i digits is the one of the claim', (codeLength) => {
  const row = rowOf({ codeLength });
  const code = keys.registrationCode(row.claimId ?? '', EMAIL, codeLength, keys.currentKeyId);
  expect(code).toHaveLength(codeLength);
  expect(writerFor({}).write(row, 60)?.subject).toBe(`${code} is your code`);
});

test('the code of a change of address is that of its change, and says for how long it is good', () => {
  const changeId = '01a20d96-fc7a-7d2f-a487-006739ba91f4';
  const row = rowOf({ kind: 'email_change_code', claimId: null, codeLength: null, changeId });
  const code = keys.emailChangeCode(changeId, EMAIL, keys.currentKeyId);
  const letter = writerFor({}).write(row, 841);
  expect([code?.length, letter?.subject]).toEqual([8, `${code} is your code`]);
  expect(letter?.text).toContain(' 15 minutes');
  expect(writerFor({}).write({ ...row, changeId: null }, 841)).toBeUndefined();
  expect(writerFor({}).write({ ...row, keyId: 'gone' }, 841)).toBeUndefined();
});

test('what cannot be read or derived any more is not written', () => {
  const other = new KeyRing(new Secret('another secret, which nobody has seen before'), [], ADDRESS_KEY);
  expect(writerFor({}, other).write(rowOf(), 60)).toBeUndefined();
  expect(writerFor({}).write(rowOf({ claimId: null }), 60)).toBeUndefined();
  expect(writerFor({}).write(rowOf({ codeLength: null }), 60)).toBeUndefined();
  expect(writerFor({}).write(rowOf({ keyId: 'gone' }), 60)).toBeUndefined();
});

describe('links with a token of the account', () => {
  const [tokenId, accountId] = ['01a20d96-fc7a-7d2f-a487-006739ba91f2', '01a20d96-fc7a-7d2f-a487-006739ba91f3'];
  const WEB = { WEB_URL: 'https://web.example.com/app/' };

  test.each([
    ['password_reset', 'password_reset', {}, 'http://localhost:3000/letters/password-reset'],
    ['password_reset', 'password_reset', WEB, 'https://web.example.com/app/password-reset'],
    ['password_changed', 'not_me', {}, 'http://localhost:3000/letters/not-me'],
    ['session_reused', 'not_me', WEB, 'https://web.example.com/app/not-me'],
    ['email_changed', 'email_change_revert', {}, 'http://localhost:3000/letters/email-change-revert'],
    ['email_changed', 'email_change_revert', WEB, 'https://web.example.com/app/email-change-revert'],
  ] as const)('a letter %s has one for %s; with %j it leads to %s', (kind, purpose, settings, page) => {
    const letter = writerFor(settings).write(rowOf({ kind, tokenId, accountId }), 1_741);
    const { href, searchParams } = new URL(/^https?:.*$/m.exec(letter?.text ?? '')?.[0] ?? '');
    const token = readAccountToken(searchParams.get('token') ?? '');
    expect(href.startsWith(`${page}?token=`)).toBe(true);
    expect(token && keys.accountTokenIsRight(purpose, token, accountId)).toBe(true);
    const day = keys.ownerTokenDay(searchParams.get('owner_token') ?? undefined, rowOf().addressKey);
    expect(day).toBe(kind === 'password_reset' ? 20_000 : undefined);
    if (kind === 'password_reset') expect(letter?.text).toContain(' 30 minutes');
  });

  test('without its token a letter is not written, but for a notice of the release before', () => {
    const write = (kind: LeasedLetter['kind']) => writerFor({}).write(rowOf({ kind }), 60);
    const kinds = ['password_reset', 'password_changed', 'email_changed'] as const;
    expect(kinds.map(write)).toEqual([undefined, undefined, undefined]);
    expect(write('session_reused')?.text).not.toContain('http');
  });
});

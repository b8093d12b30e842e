import { randomBytes, randomUUID } from 'node:crypto';

import { Secret } from '#domain/secret';

import { KeyRing } from './key-ring.ts';

const first = new Secret('first secret, long enough to be one');
const second = new Secret('second secret, long enough to be one');
const addressKey = randomBytes(32);
const before = new KeyRing(first, [], addressKey);
const rotated = new KeyRing(second, [first], addressKey);
const stranger = new KeyRing(second, [], randomBytes(32));
const ada = before.addressKey('ada@example.com');

function must<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('expected a value');
  return value;
}

describe('codes', () => {
  const claim = randomUUID();
  const code = must(before.registrationCode(claim, 'ada@example.com', 4, before.currentKeyId));

  test('the same claim has the same code, also after the secret was rotated', () => {
    expect(rotated.registrationCode(claim, 'ada@example.com', 4, before.currentKeyId)).toBe(code);
    expect(rotated.codeIsRight(code, claim, 'ada@example.com', 4, before.currentKeyId)).toBe(true);
  });

  test('another claim, address or secret has another code', () => {
    const long = (ring: KeyRing, id: string, email: string) => ring.registrationCode(id, email, 8, ring.currentKeyId);
    const codes = [
      long(before, claim, 'ada@example.com'),
      long(before, claim, 'bob@example.com'),
      long(before, randomUUID(), 'ada@example.com'),
      long(rotated, claim, 'ada@example.com'),
    ];
    expect(new Set(codes).size).toBe(4);
  });

  test('a code of another length is wrong, and a secret that is gone knows no code', () => {
    expect(before.codeIsRight(`${code}0000`, claim, 'ada@example.com', 4, before.currentKeyId)).toBe(false);
    expect(stranger.codeIsRight(code, claim, 'ada@example.com', 4, before.currentKeyId)).toBe(false);
  });
});

describe('changes of address', () => {
  const change = randomUUID();
  const code = must(before.emailChangeCode(change, 'ada@example.com', before.currentKeyId));

  test('a code has eight digits, is that of its change, address and secret, and of no claim', () => {
    expect(code).toMatch(/^\d{8}$/);
    expect(rotated.emailChangeCodeIsRight(code, change, 'ada@example.com', before.currentKeyId)).toBe(true);
    const others = [
      before.emailChangeCode(randomUUID(), 'ada@example.com', before.currentKeyId),
      before.emailChangeCode(change, 'bob@example.com', before.currentKeyId),
      rotated.emailChangeCode(change, 'ada@example.com', rotated.currentKeyId),
      before.registrationCode(change, 'ada@example.com', 8, before.currentKeyId),
    ];
    expect(new Set([code, ...others]).size).toBe(5);
    expect(before.emailChangeCodeIsRight(code.slice(0, 4), change, 'ada@example.com', before.currentKeyId)).toBe(false);
    expect(stranger.emailChangeCodeIsRight(code, change, 'ada@example.com', before.currentKeyId)).toBe(false);
  });

  test('an address is sealed with the key of its account, and no detail of an event passes for one', () => {
    const [own, foreign] = [before.wrapNewSubjectKey(), before.wrapNewSubjectKey()];
    const sealed = must(before.sealAddress(own, 'ada@example.com'));
    expect(sealed.includes('ada')).toBe(false);
    expect([rotated.openAddress(own, sealed), before.openAddress(foreign, sealed)]).toEqual([
      'ada@example.com',
      undefined,
    ]);
    expect(stranger.sealAddress(own, 'ada@example.com')).toBeUndefined();
    expect(before.openAddress(own, must(before.sealAuditDetails(own, { email: 'ada@example.com' })))).toBeUndefined();
  });

  test('an account is counted by a key that tells nothing of it, and outlives the secret', () => {
    const [key, other] = [before.accountKey(change), before.accountKey(randomUUID())];
    expect([key.length, key.equals(other), key.equals(rotated.accountKey(change))]).toEqual([32, false, true]);
    expect(key.equals(before.addressKey(change))).toBe(false);
  });
});

describe('owner tokens', () => {
  const token = before.ownerToken(ada, 20_000);

  test('a token names its address and its day, also after the secret was rotated', () => {
    expect(before.ownerTokenDay(token, ada)).toBe(20_000);
    expect(rotated.ownerTokenDay(token, ada)).toBe(20_000);
    expect(must(before.openOwnerToken(token)).addressKey).toEqual(ada);
  });

  test('a token of another address, another secret or no token at all is as if it were absent', () => {
    expect(before.ownerTokenDay(token, before.addressKey('bob@example.com'))).toBeUndefined();
    expect(stranger.ownerTokenDay(token, ada)).toBeUndefined();
    expect(before.ownerTokenDay(undefined, ada)).toBeUndefined();
  });

  test('every change of one character makes it invalid', () => {
    for (let at = 0; at < token.length; at++) {
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      expect(before.openOwnerToken(changed)).toBeUndefined();
    }
  });

  test.each(['', 'x', `${token}A`, token.slice(1), `${token}=`, ` ${token}`, `${token}\n`, token.replaceAll('-', '+')])(
    'the text %# is no token',
    (text) => {
      if (text !== token) expect(before.openOwnerToken(text)).toBeUndefined();
    },
  );
});

describe('sealed values', () => {
  test('an envelope gives back what was put in, also after the secret was rotated, and nothing to a stranger', () => {
    const envelope = before.sealEnvelope({ email: 'ada@example.com', locale: 'en' });
    expect(rotated.openEnvelope(envelope)).toEqual({ email: 'ada@example.com', locale: 'en' });
    expect(stranger.openEnvelope(envelope)).toBeUndefined();
    expect(envelope.includes('ada@example.com')).toBe(false);
  });

  test('a note comes back with the envelope that it was put into', () => {
    const envelope = before.sealEnvelope({ email: 'ada@example.com', locale: null, note: 'farewell' });
    expect(rotated.openEnvelope(envelope)).toEqual({ email: 'ada@example.com', locale: null, note: 'farewell' });
    expect(envelope.includes('farewell')).toBe(false);
  });

  test('a changed bit is noticed, wherever it is', () => {
    const envelope = before.sealEnvelope({ email: 'ada@example.com', locale: null });
    for (let at = 0; at < envelope.length; at++) {
      const changed = Buffer.from(envelope);
      changed[at] = must(changed[at]) ^ 1;
      expect(before.openEnvelope(changed)).toBeUndefined();
    }
    expect(before.openEnvelope(Buffer.alloc(0))).toBeUndefined();
  });

  test('audit details open with the key of their own subject alone', () => {
    const [mine, other] = [before.wrapNewSubjectKey(), before.wrapNewSubjectKey()];
    const sealed = must(before.sealAuditDetails(mine, { email: 'ada@example.com' }));
    expect(rotated.openAuditDetails(mine, sealed)).toEqual({ email: 'ada@example.com' });
    expect(before.openAuditDetails(other, sealed)).toBeUndefined();
    expect(stranger.sealAuditDetails(mine, {})).toBeUndefined();
  });
});

test('a MAC of the audit chain is judged by the secret that it names, also after the secret was rotated', () => {
  const hash = randomBytes(32);
  const proof = before.auditMac('audit-batch', hash);
  const judged = (ring: KeyRing) => ring.judgeAuditMac('audit-batch', hash, proof);
  expect([judged(before), judged(rotated), judged(stranger)]).toEqual(['right', 'right', 'unknown']);
  const wrong = [
    before.judgeAuditMac('audit-checkpoint', hash, proof),
    before.judgeAuditMac('audit-batch', randomBytes(32), proof),
    before.judgeAuditMac('audit-batch', hash, { ...proof, mac: proof.mac.subarray(1) }),
  ];
  expect(wrong).toEqual(['wrong', 'wrong', 'wrong']);
});

test('no two lists of parts share a MAC', () => {
  expect(before.idempotencyMac('ab', 'c')).not.toEqual(before.idempotencyMac('a', 'bc'));
  expect(before.idempotencyMac('a')).not.toEqual(before.idempotencyMac('a', ''));
});

test('a request is known by its MAC after the secret was rotated, and with the former one gone; to a stranger it is not', () => {
  const mac = before.idempotencyMac('scope', '192.0.2.1');
  expect(rotated.idempotencyMac('scope', '192.0.2.1')).toEqual(mac);
  expect(new KeyRing(second, [], addressKey).idempotencyMac('scope', '192.0.2.1')).toEqual(mac);
  expect(stranger.idempotencyMac('scope', '192.0.2.1')).not.toEqual(mac);
  expect(mac).not.toEqual(before.addressKey('192.0.2.1'));
});

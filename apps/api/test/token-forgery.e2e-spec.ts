import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { request } from 'node:http';

import { SigningKeys } from '#platform/tokens/signing-keys';
import { TestClaimant } from '#testing/claimant';
import {
  bytes,
  compact,
  ecdsa,
  es256,
  forged,
  hmac,
  resigned,
  respelt,
  signedBy,
  twinOf,
  type Signer,
} from '#testing/forged-tokens';
import { decodeJwt, decodeProtectedHeader } from '#testing/jwt';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { setClock } from '#testing/time-travel';

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey;
const STRANGER = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const RSA = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
const STRANGER_JWK = STRANGER.publicKey.export({ format: 'jwk' });

let app: TestApp;
let session: TestSession;
let other: TestSession;
beforeAll(async () => {
  app = await startTestApp();
  const logIn = async (email: string): Promise<TestSession> => {
    const claimant = new TestClaimant(app, email);
    await claimant.becomeActive();
    return TestSession.of(app, claimant);
  };
  [session, other] = [await logIn('ada@example.com'), await logIn('bob@example.com')];
});
afterAll(() => app.stop());

/** What a forger sees: a token, its parts, and the key set. */
const token = (): string => session.tokens.access_token;
const header = (): object => decodeProtectedHeader(token());
const claims = (): Readonly<Record<string, unknown>> => decodeJwt(token());
const part = (at: number, text = token()): string => text.split('.')[at] ?? '';
/** What nobody but the service has. */
const ownKey = () => app.get(SigningKeys).current.privateKey;
const publicKey = () => app.get(SigningKeys).publicKey(part(0));
const jwk = () => app.get(SigningKeys).jwks[0];

const me = (text: string, scheme = 'Bearer '): Promise<Answer> =>
  app.ask('/v1/me', { headers: { authorization: `${scheme}${text}` } });

function isRefused(answer: Answer, code = 'unauthenticated'): void {
  expect([answer.status, (answer.body as { code?: string }).code]).toEqual([401, code]);
  expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="troth"(, error="invalid_token")?$/);
}

type Forgery = readonly [name: string, text: () => string];

/** The header with some members replaced, the claims of a good token, and a signature of somebody else. */
const by = (signer: Signer, more: object, payload: object | string = claims()): string =>
  compact({ ...header(), ...more }, payload, signer);
const byStranger = (more: object): string => by(es256(STRANGER.privateKey), more);
const exported = (type: 'pem' | 'der'): string | Buffer =>
  publicKey()?.export({ format: type as 'pem', type: 'spki' }) ?? '';
const CONFUSIONS: readonly [string, () => string | Uint8Array][] = [
  ['as PEM', () => exported('pem')],
  ['as PEM without its last line feed', () => String(exported('pem')).trim()],
  ['as DER', () => exported('der')],
  ['as JSON', () => JSON.stringify(jwk())],
  ['by its x', () => jwk()?.x ?? ''],
  ['by the bytes of its x', () => Buffer.from(jwk()?.x ?? '', 'base64url')],
  ['by its id', () => jwk()?.kid ?? ''],
  ['with no bytes at all', () => ''],
];

const OF_STRANGERS: readonly Forgery[] = [
  ...['none', 'None', 'NONE', 'nOnE', 'none ', ''].flatMap((alg): Forgery[] => [
    [`alg "${alg}" without a signature`, () => by(bytes(0), { alg })],
    [`alg "${alg}" with a signature of zeros`, () => by(bytes(64), { alg })],
    [`alg "${alg}" with the signature of a good token`, () => `${by(bytes(0), { alg })}${part(2)}`],
  ]),
  ...[null, undefined, ['ES256'], 'es256', 'ES256 ', 0].map((alg): Forgery => [
    `alg ${JSON.stringify(alg)}`,
    () => byStranger({ alg }),
  ]),
  ...CONFUSIONS.flatMap(([name, secret]): Forgery[] => [
    [`HS256 with the public key ${name}`, () => by(hmac(secret()), { alg: 'HS256' })],
    [`the same, called ES256, ${name}`, () => by(hmac(secret()), {})],
    [`HS512 with the public key ${name}`, () => by(hmac(secret(), 'sha512'), { alg: 'HS512' })],
  ]),
  ['RS256', () => by(signedBy('sha256', RSA), { alg: 'RS256' })],
  ['ES384', () => by(ecdsa('sha384', ec('P-384')), { alg: 'ES384' })],
  ['ES256K', () => by(ecdsa('sha256', ec('secp256k1')), { alg: 'ES256K' })],
  ['EdDSA', () => by(signedBy(null, generateKeyPairSync('ed25519').privateKey), { alg: 'EdDSA' })],
  ['the curve of Bitcoin, called ES256', () => by(ecdsa('sha256', ec('secp256k1')), {})],
  ["a stranger's signature", () => byStranger({})],
  ["a stranger's key id", () => byStranger({ kid: 'stranger' })],
  ...[
    '',
    '../../../../dev/null',
    '/dev/null',
    "' union select 'AA' --",
    'https://evil.example/jwks.json',
    '0',
    '__proto__',
  ].map((kid): Forgery => [`kid ${kid}`, () => byStranger({ kid })]),
  ['no kid', () => byStranger({ kid: undefined })],
  ['kid as an array', () => byStranger({ kid: [jwk()?.kid] })],
  ...[{}, { kid: undefined }].flatMap((more): Forgery[] => [
    [`jwk in the header, ${Object.keys(more).join()}`, () => byStranger({ ...more, jwk: STRANGER_JWK })],
    ['jku in the header', () => byStranger({ ...more, jku: `${app.url}/evil.json` })],
    ['x5u in the header', () => byStranger({ ...more, x5u: `${app.url}/evil.pem` })],
    [
      'x5c in the header',
      () =>
        byStranger({ ...more, x5c: [STRANGER.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')] }),
    ],
  ]),
  [
    'the claims of somebody else under a good signature',
    () => `${part(0)}.${part(1, other.tokens.access_token)}.${part(2)}`,
  ],
  ['the header of another kind under a good signature', () => by(bytes(0), { typ: 'JWT' }) + part(2)],
  ['a refresh token', () => session.tokens.refresh_token],
  ['a device token', () => session.tokens.device_token],
  ['an empty signature', () => resigned(token(), () => Buffer.alloc(0))],
  ['a signature that is shorter by a byte', () => resigned(token(), (bytes) => bytes.subarray(1))],
  ['half of the signature', () => resigned(token(), (bytes) => bytes.subarray(0, 32))],
  ['a signature that is longer by a byte', () => resigned(token(), (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]))],
  ['a signature of zeros', () => resigned(token(), () => Buffer.alloc(64))],
  ['a signature of ones', () => resigned(token(), () => Buffer.alloc(64, 255))],
  ['r of zero', () => resigned(token(), (bytes) => Buffer.concat([Buffer.alloc(32), bytes.subarray(32)]))],
  ['s of zero', () => resigned(token(), (bytes) => Buffer.concat([bytes.subarray(0, 32), Buffer.alloc(32)]))],
  ['r and s exchanged', () => resigned(token(), (bytes) => Buffer.concat([bytes.subarray(32), bytes.subarray(0, 32)]))],
  ['the twin of the signature with the higher s', () => twinOf(token())],
  ['a last digit that spells the same bytes', () => respelt(token())],
  ['padding', () => `${token()}==`],
  ['padding of every part', () => token().replaceAll('.', '=.')],
  ['the alphabet of base64', () => withDashes().replaceAll('-', '+').replaceAll('_', '/')],
  ['a dot at the end', () => `${token()}.`],
  ['a dot in front', () => `.${token()}`],
  ['a fourth part', () => `${token()}.${part(2)}`],
  ['five parts, as if it were encrypted', () => `${token()}.${part(1)}.${part(2)}`],
  ['two tokens', () => `${token()},${token()}`],
  ['quotes', () => `"${token()}"`],
  ['a character that is not seen', () => `${token()}\u00a0`],
  ['percent encoding', () => token().replaceAll('.', '%2E')],
  ['the JSON serialisation', () => JSON.stringify({ payload: part(1), protected: part(0), signature: part(2) })],
  [
    'the general JSON serialisation',
    () => JSON.stringify({ payload: part(1), signatures: [{ protected: part(0), signature: part(2) }] }),
  ],
  ['a very long text', () => `${part(0)}.${'A'.repeat(8_000)}.${part(2)}`],
];

/** A good token whose signature has a digit in which base64url differs from base64. */
function withDashes(): string {
  for (let n = 0; ; n++) {
    const text = forged(header(), { ...claims(), jti: `1.${n}` }, ownKey());
    if (/[-_]/.test(part(2, text))) return text;
  }
}

test('the tools forge as well as the service signs', async () => {
  for (const text of [token(), forged(header(), claims(), ownKey()), withDashes()])
    expect((await me(text)).status).toBe(200);
});

test.each(OF_STRANGERS)('%s', async (_, text) => {
  app.statements();
  isRefused(await me(text()));
  expect(app.statements().filter((statement) => statement.includes(' from session '))).toEqual([]);
});

test('a token takes no change of any of its characters', async () => {
  for (let at = 0; at < token().length; at += 3)
    isRefused(await me(token().slice(0, at) + (token()[at] === 'A' ? 'B' : 'A') + token().slice(at + 1)));
});

const signed = (more: object): string => forged({ ...header(), ...more }, claims(), ownKey());
const says = (more: object): string => forged(header(), { ...claims(), ...more }, ownKey());
const written = (text: (kid: string) => string): string => forged(text(String(jwk()?.kid)), claims(), ownKey());

/** Signed with the key of the service, and yet no access token of ours: should another part of it sign things one day. */
const OF_OUR_KEY: readonly Forgery[] = [
  ...['JWT', 'jwt', 'rt+jwt', 'dt+jwt', 'AT+JWT', 'application/at+jwt', undefined, null].map((typ): Forgery => [
    `typ ${String(typ)}`,
    () => signed({ typ }),
  ]),
  ['crit', () => signed({ crit: ['exp'], exp: 1 })],
  ['b64', () => signed({ crit: ['b64'], b64: false })],
  ['b64 without crit', () => signed({ b64: false })],
  ['zip', () => signed({ zip: 'DEF' })],
  ['cty', () => signed({ cty: 'JWT' })],
  ['kid of a stranger', () => signed({ kid: 'stranger' })],
  ['a header in another order', () => written((kid) => `{"typ":"at+jwt","alg":"ES256","kid":"${kid}"}`)],
  ['a header with white space', () => written((kid) => `{"alg":"ES256", "typ":"at+jwt","kid":"${kid}"}`)],
  [
    'a header that says alg twice',
    () => written((kid) => `{"alg":"ES256","typ":"at+jwt","kid":"${kid}","alg":"ES256"}`),
  ],
  ['a header with an escape', () => written((kid) => `{"\\u0061lg":"ES256","typ":"at+jwt","kid":"${kid}"}`)],
  ['a header with more after it', () => written((kid) => `{"alg":"ES256","typ":"at+jwt","kid":"${kid}"}\n`)],
  ['a header with a byte order mark', () => written((kid) => `\ufeff{"alg":"ES256","typ":"at+jwt","kid":"${kid}"}`)],
  ...['https://evil.example', 'http://localhost:0/', '', undefined, null].map((iss): Forgery => [
    `iss ${iss}`,
    () => says({ iss }),
  ]),
  ['iss as an array', () => says({ iss: [claims().iss] })],
  ...['https://evil.example', ['https://evil.example'], [], '', undefined, null, {}].map((aud): Forgery => [
    `aud ${JSON.stringify(aud)}`,
    () => says({ aud }),
  ]),
  ['expired just now', () => says({ exp: Number(claims().iat) })],
  ['expired long ago', () => says({ iat: 1, exp: 2 })],
  ...[undefined, null, 'tomorrow', '99999999999', 1e400, 1.5].map((exp): Forgery => [
    `exp ${exp}`,
    () => says({ exp }),
  ]),
  ["another account's sub", () => says({ sub: decodeJwt(other.tokens.access_token).sub })],
  ["another account's sid", () => says({ sid: other.id })],
  ...[undefined, null, 7, '', 'x', "' or true --", [], {}].flatMap((value): Forgery[] => [
    [`sid ${JSON.stringify(value)}`, () => says({ sid: value })],
    [`sub ${JSON.stringify(value)}`, () => says({ sub: value })],
    [`jti ${JSON.stringify(value)}`, () => says({ jti: value })],
    [`auth_time ${JSON.stringify(value)}`, () => says({ auth_time: value === 7 ? 7.5 : value })],
  ]),
  ...['null', '7', '[]', '"text that is long enough"', '{"sub":', '', '{}'].map((payload): Forgery => [
    `the payload ${payload}`,
    () => forged(header(), payload.padEnd(16), ownKey()),
  ]),
];

test.each(OF_OUR_KEY)('signed with the key of the service: %s', async (_, text) => {
  isRefused(await me(text()));
});

test('signed with the key of the service: a session that nobody has is like one that has ended', async () => {
  isRefused(await me(says({ sid: randomUUID() })), 'session-revoked');
  isRefused(await me(says({ sid: claims().sub, sub: claims().sid })), 'session-revoked');
});

test("it is the database's clock that counts, however far off that of the process is", async () => {
  for (const off of [-86_400_000, 86_400_000]) {
    setClock(off);
    try {
      expect((await me(token())).status).toBe(200);
      isRefused(await me(says({ exp: Number(claims().iat) })));
    } finally {
      jest.useRealTimers();
    }
  }
});

test('a token opens nothing elsewhere than in the Authorization header', async () => {
  const text = token();
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const cookie = `access_token=${text}; token=${text}; Authorization=Bearer%20${text}`;
  isRefused(await app.ask(`/v1/me?access_token=${text}&token=${text}`));
  isRefused(await app.ask('/v1/me', { headers: { cookie } }));
  for (const name of ['x-access-token', 'x-authorization', 'proxy-authorization', 'x-forwarded-authorization'])
    isRefused(await app.ask('/v1/me', { headers: { [name]: `Bearer ${text}` } }));
  isRefused(await app.ask('/v1/sessions', { method: 'DELETE', body: { access_token: text } }));
  const answer = await app.ask('/v1/sessions', { method: 'DELETE', body: `access_token=${text}`, headers: form });
  expect(answer.status).toBe(415);
});

test('two Authorization headers are none, in whatever order', async () => {
  const asked = (...values: readonly string[]): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const headers = ['host', new URL(app.url).host, ...values.flatMap((value) => ['authorization', value])];
      const sent = request(`${app.url}/v1/me`, { headers }, (response) => resolve(response.resume().statusCode));
      sent.on('error', reject).end();
    });
  const good = `Bearer ${token()}`;
  expect(await asked(good)).toBe(200);
  for (const second of [good, 'Bearer x', 'Basic eDp4', ''])
    expect([await asked(good, second), await asked(second, good)]).toEqual([401, 401]);
});

test('the scheme is Bearer in any case, and nothing else', async () => {
  for (const scheme of ['bearer ', 'BEARER ', 'BeArEr ', 'Bearer  '])
    expect((await me(token(), scheme)).status).toBe(200);
  for (const scheme of [
    '',
    'Token ',
    'Basic ',
    'DPoP ',
    'JWT ',
    'Bearer',
    'Bearer\t',
    'Bearer: ',
    'Bearer=',
    'Bearer x ',
  ])
    isRefused(await me(token(), scheme));
  for (const after of [' x', `, Bearer ${token()}`, ', realm="troth"']) isRefused(await me(`${token()}${after}`));
});

test('an access token is no refresh token and no device token', async () => {
  for (const refresh_token of [token(), session.tokens.device_token, other.tokens.access_token]) {
    const { status, body } = await app.ask('/v1/sessions/refresh', { body: { refresh_token } });
    expect([status, (body as { code: string }).code]).toEqual([401, 'invalid-refresh-token']);
  }
  const [deviceKeys] = await app.db.owner<{ count: number }[]>`select count(*)::int from login_failure`;
  const log = { email: 'ada@example.com', password: 'wrong horse battery' };
  for (const device_token of [token(), session.tokens.refresh_token])
    expect((await app.ask('/v1/sessions', { body: { ...log, device_token } })).status).toBe(401);
  // A device of its own would be counted by itself.
  expect(await app.db.owner<{ count: number }[]>`select count(*)::int from login_failure`).toEqual([deviceKeys]);
});

test('after all of it the sessions are what they were', async () => {
  expect([await session.isAlive(), await other.isAlive()]).toEqual([true, true]);
});

import fc from 'fast-check';

import { cookieOf, hostCookie } from './cookies.ts';

const NAME = '__Host-troth-access';
const OCTETS = Array.from({ length: 94 }, (_, at) => String.fromCharCode(0x21 + at)).filter(
  (octet) => !'",;\\'.includes(octet),
);
const octets = fc.string({ unit: fc.constantFrom(...OCTETS), maxLength: 30 });
/** Cookies of others: of any name but ours, and of any text. */
const others = fc.array(
  fc.string({ maxLength: 20 }).filter((pair) => !pair.includes(';') && !pair.replace(/^ +/, '').startsWith(`${NAME}=`)),
  { maxLength: 5 },
);

test('a cookie is found among any others', () => {
  fc.assert(
    fc.property(others, octets, others, (before, value, after) => {
      expect(cookieOf([...before, `${NAME}=${value}`, ...after].join('; '), NAME)).toBe(value);
    }),
  );
});

test('a cookie that is named twice counts as absent, wherever the two stand and whatever they are', () => {
  fc.assert(
    fc.property(
      others,
      octets,
      others,
      fc.string().map((text) => text.replaceAll(';', '')),
      (before, one, between, two) => {
        expect(cookieOf([...before, `${NAME}=${one}`, ...between, `${NAME}=${two}`].join('; '), NAME)).toBeUndefined();
        expect(cookieOf([`${NAME}=${two}`, ...between, `${NAME}=${one}`, ...before].join(';'), NAME)).toBeUndefined();
      },
    ),
  );
});

test('no text breaks the parser, and what it finds is a value of the grammar', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const found = cookieOf(`${NAME}=${text}`, NAME);
      if (found !== undefined) expect(found).toMatch(/^"?[!#-+\--:<-[\]-~]*"?$/);
    }),
  );
});

test('what is set is found again', () => {
  fc.assert(
    fc.property(octets, fc.nat(), (value, seconds) => {
      const [pair] = hostCookie(NAME, value, seconds).split('; ');
      expect(cookieOf(pair, NAME)).toBe(value);
    }),
  );
});

test.each([
  [undefined],
  [''],
  [NAME],
  [`${NAME} =x`],
  [`${NAME.toUpperCase()}=x`],
  [`x${NAME}=x`],
  [`=${NAME}=x`],
  [`\t${NAME}=x`],
  [`\u00a0${NAME}=x`],
  [`\u2000${NAME}=x`],
  [`$Version=1, ${NAME}=x`],
  [`${NAME}=a b`],
  [`${NAME}=a `],
  [`${NAME}= a`],
  [`${NAME}=a,b`],
  [`${NAME}=a\\b`],
  [`${NAME}="a`],
  [`${NAME}=a"`],
  [`${NAME}="a"b`],
  [`${NAME}=a\n`],
  [`${NAME}=\u00e4`],
])('%j holds no such cookie', (header) => {
  expect(cookieOf(header, NAME)).toBeUndefined();
});

test.each([
  [`${NAME}=`, ''],
  [`${NAME}="a"`, '"a"'],
  [`a=b;${NAME}=x;c`, 'x'],
  [`;; ${NAME}=x=y`, 'x=y'],
])('%j holds %j', (header, value) => {
  expect(cookieOf(header, NAME)).toBe(value);
});

test('a cookie is set for this host alone, by https alone, and out of reach of scripts', () => {
  expect(hostCookie(NAME, 'x', 300)).toBe('__Host-troth-access=x; Max-Age=300; Path=/; Secure; HttpOnly; SameSite=Lax');
});

test.each([
  ['troth', 'x'],
  ['__Host-a b', 'x'],
  ['__Host-a;b', 'x'],
  ['__Host-a', 'x; Domain=example.com'],
  ['__Host-a', 'x\r\nSet-Cookie: y=z'],
  ['__Host-a', 'ä'],
])('%j with %j is never set', (name, value) => {
  expect(() => hostCookie(name, value, 1)).toThrow(TypeError);
});

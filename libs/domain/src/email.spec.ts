import fc from 'fast-check';

import { parseEmail } from './email.ts';

describe('an address has one spelling', () => {
  test.each([
    ['ada@example.com', 'ada@example.com'],
    ['ADA@Example.COM', 'ada@example.com'],
    [' \t\r\nada@example.com\n\r\t ', 'ada@example.com'],
    ['ada+tag@example.com', 'ada+tag@example.com'],
    ["o'hara_{x}|~@example.com", "o'hara_{x}|~@example.com"],
    ['a@xn--bcher-kva.example', 'a@xn--bcher-kva.example'],
    [`${'a'.repeat(64)}@example.com`, `${'a'.repeat(64)}@example.com`],
  ])('%j is %j', (text, email) => {
    expect(parseEmail(text)).toBe(email);
  });

  test('parsing what was parsed changes nothing', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (text) => {
        const email = parseEmail(text);
        if (email !== undefined) expect(parseEmail(` ${email.toUpperCase()}\n`)).toBe(email);
      }),
    );
  });
});

describe('what cannot be mailed to for certain is refused', () => {
  test.each([
    ['nothing', ''],
    ['white space', ' \t\r\n'],
    ['no at sign', 'ada.example.com'],
    ['no local part', '@example.com'],
    ['no domain', 'ada@'],
    ['one label', 'ada@localhost'],
    ['two at signs', 'ada@home@example.com'],
    ['a quoted local part', '"ada"@example.com'],
    ['a quoted at sign', '"ada@home"@example.com'],
    ['a display name', 'Ada <ada@example.com>'],
    ['angle brackets', '<ada@example.com>'],
    ['a comment', 'ada(home)@example.com'],
    ['a list', 'ada@example.com,eve@example.org'],
    ['a list with semicolon', 'ada@example.com;eve@example.org'],
    ['white space inside', 'ada @example.com'],
    ['a header after a line break', 'ada@example.com\r\nBcc: eve@example.org'],
    ['a bare line feed', 'ada@exam\nple.com'],
    ['NUL', 'ada\0@example.com'],
    ['the Kelvin sign, which lower-cases to k', 'mar\u212a@example.com'],
    ['a dotless i', '\u0131da@example.com'],
    ['full-width letters', '\uff41da@example.com'],
    ['a zero-width space', 'ada\u200b@example.com'],
    ['a no-break space at the end', 'ada@example.com\u00a0'],
    ['a lone surrogate', 'ada\ud800@example.com'],
    ['an international domain as U-labels', 'ada@b\u00fccher.example'],
    ['an address literal', 'ada@[127.0.0.1]'],
    ['a label that starts with a hyphen', 'ada@-example.com'],
    ['a label that ends with a hyphen', 'ada@example-.com'],
    ['an empty label', 'ada@example..com'],
    ['a dot at the end', 'ada@example.com.'],
    ['a percent route', 'ada%example.org@'],
    ['a local part of 65', `${'a'.repeat(65)}@example.com`],
    ['a label of 64', `ada@${'a'.repeat(64)}.com`],
    ['255 characters', `${'a'.repeat(60)}@${`${'b'.repeat(60)}.`.repeat(3)}${'c'.repeat(11)}`],
    ['a megabyte', `${'a'.repeat(1_000_000)}@example.com`],
  ])('%s', (_what, text) => {
    expect(parseEmail(text)).toBeUndefined();
  });

  test('whatever is accepted is printable, lower-case ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const email = parseEmail(`${text}@example.com`);
        if (email !== undefined) expect(email).toMatch(/^[\x21-\x40\x5b-\x7e]+$/);
      }),
    );
  });
});

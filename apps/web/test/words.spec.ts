import { deviceName } from '../lib/device-name.ts';
import { classOf, stayOf } from '../lib/privacy-words.ts';
import { counted, spanOf } from '../lib/spans.ts';
import { wordOf } from '../lib/words.ts';

const ON_IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';

test.each([
  [`${ON_IPHONE} CriOS/140.0.1 Mobile/15E148 Safari/604.1`, 'Chrome on iPhone'],
  [`${ON_IPHONE} FxiOS/140.0 Mobile/15E148 Safari/605.1.15`, 'Firefox on iPhone'],
  [`${ON_IPHONE} EdgiOS/140.0.1 Mobile/15E148 Safari/605.1.15`, 'Edge on iPhone'],
  [`${ON_IPHONE} OPT/5.0 Mobile/15E148`, 'Opera on iPhone'],
  [`${ON_IPHONE} Version/18.0 Mobile/15E148 Safari/604.1`, 'Safari on iPhone'],
  [
    'Mozilla/5.0 (Linux; Android 14) SamsungBrowser/25.0 Chrome/121.0 Mobile Safari/537.36',
    'Samsung Internet on Android',
  ],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0', 'Edge on Windows'],
  ['Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/140.0 Safari/537.36', 'Chrome on ChromeOS'],
  ['curl/8.0', 'A browser'],
  ['constructor', 'A browser'],
])('%s is called %s', (userAgent, name) => {
  expect(deviceName(userAgent)).toBe(name);
});

test('numbers of things are told as people say them', () => {
  expect([counted(1, 'field'), counted(0, 'field'), counted(1_200, 'batch', 'batches')]).toEqual([
    '1 field',
    '0 fields',
    '1,200 batches',
  ]);
  expect([spanOf(1), spanOf(60), spanOf(90), spanOf(1_800), spanOf(604_800)]).toEqual([
    '1 second',
    '1 minute',
    '90 seconds',
    '30 minutes',
    '7 days',
  ]);
});

test('what no list has is told as it came', () => {
  expect(wordOf({ a: 'b' }, 'a')).toBe('b');
  for (const key of ['constructor', '__proto__', 'toString', '', undefined, ['a'], 1])
    expect(wordOf({ a: 'b' }, key)).toBeUndefined();
  expect(classOf('constructor')).toEqual({ title: 'constructor', about: '' });
  expect([stayOf('P30D'), stayOf('account'), stayOf('constructor')]).toEqual([
    '30 days at most',
    'as long as the account',
    'constructor',
  ]);
});

import { cpuTimeOf } from '#testing/cpu-time';

import { sourceOf, TrustedProxies } from './request-source.ts';

const NOBODY = new TrustedProxies([]);
const PROXIES = new TrustedProxies(['10.0.0.0/8', '192.0.2.1', 'fd00::/8', '::1']);

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::FFFF:cb00:7107', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:DB8:0001:0002:ffff::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  [undefined, 'unknown'],
  ['/run/troth.sock', 'unknown'],
])('the peer %s counts as %s', (peer, source) => {
  expect(sourceOf(peer, undefined, NOBODY)).toBe(source);
});

test('without trusted proxies X-Forwarded-For counts for nothing', () => {
  expect(sourceOf('203.0.113.7', '198.51.100.1', NOBODY)).toBe('203.0.113.7');
  expect(sourceOf('203.0.113.7', '198.51.100.1', PROXIES)).toBe('203.0.113.7');
});

describe('behind a trusted proxy the rightmost untrusted address counts', () => {
  test.each([
    ['one hop', '198.51.100.1', '198.51.100.1'],
    ['what the client wrote itself is left of it', '192.0.2.99, 198.51.100.1', '198.51.100.1'],
    ['a chain of proxies', '192.0.2.99, 198.51.100.1, 10.1.1.1 , 192.0.2.1', '198.51.100.1'],
    ['a client that claims to be a proxy', '10.9.9.9, 198.51.100.1', '198.51.100.1'],
    ['IPv6', '2001:db8:1:2:3::4', '2001:db8:1:2::/64'],
    ['IPv6 with port', '[2001:db8:1:2::9]:4711', '2001:db8:1:2::/64'],
    ['IPv4 with port', '198.51.100.1:4711', '198.51.100.1'],
    ['an IPv4-mapped proxy in between', '198.51.100.1, ::ffff:10.1.1.1', '198.51.100.1'],
    ['only proxies: the farthest', '10.2.2.2, 10.1.1.1', '10.2.2.2'],
    ['nothing', '', '10.0.0.1'],
    ['no address', 'unknown', '10.0.0.1'],
    ['an obfuscated hop hides what is left of it', '198.51.100.1, _hidden, 10.1.1.1', '10.1.1.1'],
    ['numbers that are no address', '198.51.100.999', '10.0.0.1'],
    ['leading zeros', '198.051.100.1', '10.0.0.1'],
    ['commas alone', ',,,', '10.0.0.1'],
    ['an unfinished bracket', '[2001:db8::1', '10.0.0.1'],
    ['a port that is none', '198.51.100.1:99999999', '10.0.0.1'],
  ])('%s', (_what, forwardedFor, source) => {
    expect(sourceOf('10.0.0.1', forwardedFor, PROXIES)).toBe(source);
    expect(sourceOf('::ffff:10.0.0.1', forwardedFor, PROXIES)).toBe(source);
  });
});

test('a very long X-Forwarded-For costs little', async () => {
  const spent = await cpuTimeOf(() => {
    const longest = Array.from({ length: 8_000 }, () => '1').join(',');
    expect(sourceOf('10.0.0.1', longest, PROXIES)).toBe('10.0.0.1');
    expect(sourceOf('10.0.0.1', Array.from({ length: 1_600 }, () => '10.1.1.1').join(','), PROXIES)).toBe('10.1.1.1');
  });
  expect(spent).toBeLessThan(100);
});

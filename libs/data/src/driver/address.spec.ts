import { parseAddress } from './address.ts';

test.each([
  [
    'postgres://ada:s%40cret@db.example:6543/troth?sslmode=verify-full',
    { host: 'db.example', port: 6543, user: 'ada', password: 's@cret', database: 'troth', privacy: 'verified' },
  ],
  ['postgresql://ada@[::1]', { host: '::1', port: 5432, user: 'ada', password: '', database: 'ada', privacy: 'plain' }],
  [
    'postgres://a%20b@127.0.0.1/c%2Fd?sslmode=require',
    { host: '127.0.0.1', port: 5432, user: 'a b', password: '', database: 'c/d', privacy: 'encrypted' },
  ],
  [
    'postgres://ada@db/?sslmode=disable',
    { host: 'db', port: 5432, user: 'ada', password: '', database: 'ada', privacy: 'plain' },
  ],
])('%s', (url, address) => {
  expect(parseAddress(url)).toEqual(address);
});

test.each([
  ['', 'not like'],
  ['s3cret', 'not like'],
  ['http://ada:s3cret@db/troth', 'not like'],
  ['postgres://db/troth', 'not like'],
  ['postgres://ada:s3cret@db:99999/troth', 'not like'],
  ['postgres://ada:s3cret%zz@db/troth', 'percent-encoded'],
  ['postgres://ada:s3cret@db/troth?sslmode=prefer', 'sslmode'],
  ['postgres://ada:s3cret@db/troth?sslmode=constructor', 'sslmode'],
  ['postgres://ada:s3cret@db/troth?statement_timeout=0', 'not known: statement_timeout'],
])('%s is refused without being told', (url, reason) => {
  expect(() => parseAddress(url)).toThrow(reason);
  expect(() => parseAddress(url)).not.toThrow('s3cret');
});

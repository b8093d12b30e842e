import { type Canary, leaks } from './canaries.ts';

const canary: Canary = { name: 'it', value: 'Pass wörd+/1', mayStandIn: [/^answer of GET/] };
const behind = (offset: number): string => `${'x'.repeat(offset)}${canary.value}:more`;

test.each([
  ['plain', `said pass WÖRD+/1.`],
  ['plain', JSON.stringify({ password: canary.value })],
  ['url-encoded', `?password=${encodeURIComponent(canary.value)}&x`],
  ['url-encoded', new URLSearchParams({ password: canary.value }).toString()],
  ['hex', `\\x00${Buffer.from(canary.value).toString('hex').toUpperCase()}ff`],
  ['base64', `Basic ${Buffer.from(behind(0)).toString('base64')}`],
  ['base64', `Basic ${Buffer.from(behind(1)).toString('base64')}`],
  ['base64', `Basic ${Buffer.from(behind(2)).toString('base64')}`],
  ['base64url', Buffer.from(behind(5)).toString('base64url')],
])('a canary is found as %s in %j', (form, text) => {
  expect(leaks([canary], [{ of: 'log', text }])).toContain(`it as ${form} in log`);
});

test('where it may stand it is no leak, and nothing else is one', () => {
  const text = canary.value;
  expect(leaks([canary], [{ of: 'answer of GET /x', text }])).toEqual([]);
  expect(leaks([canary], [{ of: 'log', text: 'pass wörd+/2 UGFzcyB3' }])).toEqual([]);
});

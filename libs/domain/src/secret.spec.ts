import { inspect } from 'node:util';

import { Secret } from './secret.ts';

test('a secret is told by name alone', () => {
  const secret = new Secret('hunter2');
  expect(secret.reveal()).toBe('hunter2');
  const everywhere = [`${secret}`, String(secret), JSON.stringify({ secret }), inspect({ secret }), inspect(secret)];
  for (const text of everywhere) {
    expect(text).toContain('[secret]');
    expect(text).not.toContain('hunter2');
  }
});

import { policyName } from './limits.ts';

test.each([
  [60, 'x-per-minute'],
  [3_600, 'x-per-hour'],
  [900, 'x-per-15-minutes'],
  [86_400, 'x-per-24-hours'],
  [10, 'x-per-10-seconds'],
  [90, 'x-per-90-seconds'],
])('a limit of %i seconds is named after its window', (windowSeconds, name) => {
  expect(policyName('x', { limit: 1, windowSeconds })).toBe(name);
});

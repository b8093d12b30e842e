import { isBirthdate } from './birthdate.ts';

const TODAY = '2026-11-25';

test.each(['1900-01-01', '1915-12-10', '2000-02-29', '2024-02-29', '2026-11-24', TODAY])(
  '%s is a day to be born on',
  (day) => {
    expect(isBirthdate(day, TODAY)).toBe(true);
  },
);

test.each([
  ['1899-12-31', 'too long ago'],
  ['2026-11-26', 'tomorrow'],
  ['9999-12-31', 'far away'],
  ['1900-02-29', 'no day'],
  ['2023-02-29', 'no day'],
  ['2023-04-31', 'no day'],
  ['2023-13-01', 'no month'],
  ['2023-00-10', 'no month'],
  ['2023-01-00', 'no day'],
  ['2023-1-1', 'short'],
  ['20230101', 'without hyphens'],
  ['2023-01-01T00:00:00Z', 'a time'],
  [' 2023-01-01', 'with a blank'],
  ['2023-01-01\n', 'with a line break'],
  ['٢٠٢٣-٠١-٠١', 'of other digits'],
  ['-2023-01-01', 'before our era'],
  ['', 'nothing'],
])('%j is none: it is %s', (text) => {
  expect(isBirthdate(text, TODAY)).toBe(false);
});

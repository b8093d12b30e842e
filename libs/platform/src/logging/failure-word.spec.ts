import { runInNewContext } from 'node:vm';

import { ConstraintViolated, DatabaseUnavailable, StatementFailed } from '#data/database';

import { failureWord } from './failure-word.ts';
import { redactField } from './redact.ts';

test.each([
  [new DatabaseUnavailable('no_reply'), 'database_no_reply'],
  [new StatementFailed('42501', ': of ada@example.com'), 'sqlstate_42501'],
  [new ConstraintViolated('email_is_normalised'), 'constraint_email_is_normalised'],
  [new TypeError('ada@example.com is not a function'), 'TypeError'],
  [runInNewContext('new RangeError("of another realm")'), 'RangeError'],
  ['ada@example.com', 'unknown'],
  [undefined, 'unknown'],
])('%s is logged as %s', (error, word) => {
  expect(failureWord(error)).toBe(word);
  expect(redactField('reason', word)).toBe(word);
});

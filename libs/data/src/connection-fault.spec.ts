import { connectionFault } from './connection-fault.ts';
import { AddressInvalid, DatabaseUnavailable, LoginRefused, StatementFailed } from './database.ts';

const URL = 'postgres://ada:hush@db.example.com:6543/troth';

test.each([
  [new DatabaseUnavailable('host_unknown'), 'the name of its host is not known'],
  [new DatabaseUnavailable('idle_session'), 'idle session'],
  [new LoginRefused('28P01'), 'the password of "ada" is not right, or there is no such user'],
  [new LoginRefused('28000'), 'it does not let "ada" log in from here'],
  [new LoginRefused('3D000'), 'it has no database "troth"'],
  [new LoginRefused('42501'), '"ada" may not connect to the database "troth"'],
  [new LoginRefused('0A000'), 'it does not let the user in (SQLSTATE 0A000)'],
])('%s is told with the place and without the password', (error, reason) => {
  expect(connectionFault(error, URL)).toBe(`PostgreSQL at db.example.com:6543 cannot be used: ${reason}.`);
});

test('a URL that cannot be right is told, and what has nothing to do with the connection is not', () => {
  expect(connectionFault(new AddressInvalid('the database URL is wrong'), 'hush')).toBe('the database URL is wrong.');
  expect(connectionFault(new StatementFailed('42501'), URL)).toBeUndefined();
  expect(connectionFault(new Error('hush'), URL)).toBeUndefined();
});

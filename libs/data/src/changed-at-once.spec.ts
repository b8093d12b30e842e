import { againIfChangedAtOnce } from './changed-at-once.ts';
import { StatementFailed } from './database.ts';

const failing = (times: number, sqlState: string) => {
  let attempts = 0;
  return () => {
    attempts += 1;
    return attempts > times ? Promise.resolve(attempts) : Promise.reject(new StatementFailed(sqlState));
  };
};

test.each([0, 1, 4])('a change that was come between %s times is made', async (times) => {
  expect(await againIfChangedAtOnce(failing(times, 'XX000'))).toBe(times + 1);
});

test('the fifth failure is told', async () => {
  await expect(againIfChangedAtOnce(failing(5, 'XX000'))).rejects.toMatchObject({ sqlState: 'XX000' });
});

test('another failure is told at once', async () => {
  await expect(againIfChangedAtOnce(failing(1, '42501'))).rejects.toMatchObject({ sqlState: '42501' });
});

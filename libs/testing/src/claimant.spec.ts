import { TestClaimant } from './claimant.ts';
import type { Answer, TestApp } from './test-app.ts';

const answerOf = (status: number): Answer => ({ status, headers: new Headers(), text: '', body: undefined });

/** An API that gives these answers, then 202 for ever. */
function appThatAnswers(...statuses: number[]): TestApp {
  const shed = { requests: 0 };
  const ask = () => Promise.resolve(answerOf(statuses.shift() ?? 202));
  return { ask, shed } as unknown as TestApp;
}

test('what was shed is sent again, and counted for the claimant and for the API', async () => {
  const app = appThatAnswers(503, 503, 202, 503);
  const [ada, bob] = [new TestClaimant(app, 'ada@example.com'), new TestClaimant(app, 'bob@example.com')];
  expect((await ada.register()).status).toBe(202);
  expect((await bob.register()).status).toBe(202);
  expect([ada.shed, bob.shed, app.shed.requests]).toEqual([2, 1, 3]);
});

test('any other answer is taken as it is', async () => {
  const app = appThatAnswers(500);
  const ada = new TestClaimant(app, 'ada@example.com');
  expect((await ada.register()).status).toBe(500);
  expect([ada.shed, app.shed.requests]).toEqual([0, 0]);
});

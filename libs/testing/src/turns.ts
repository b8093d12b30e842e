import type { Answer } from './test-app.ts';

/** Runs the act so many times at once. */
export function times<Result>(count: number, act: (index: number) => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => act(index)));
}

/** Runs one act after another and collects what comes of it. */
export async function inTurn<Result>(
  count: number,
  act: (index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let index = 0; index < count; index++) results.push(await act(index));
  return results;
}

/** The statuses that occur among answers, each once. */
export function statusesOf(answers: readonly Answer[]): readonly number[] {
  return [...new Set(answers.map(({ status }) => status))];
}

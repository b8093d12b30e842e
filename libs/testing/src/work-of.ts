import { eventually } from './eventually.ts';
import type { Answer, TestApp } from './test-app.ts';

/** What can be seen of an act from outside and from inside, without its time. */
export interface Work {
  readonly status: number;
  readonly text: string;
  /** Names of the headers. */
  readonly names: readonly string[];
  readonly hashes: number;
  /** Statements but those of the outbox and of the purge. */
  readonly statements: number;
}

/** Watches one act while nothing else goes on; problems are compared without the id of their request. */
export async function workOf(app: TestApp, act: () => Promise<Answer>): Promise<Work> {
  await eventually(async () => {
    const [outbox] = await app.db.owner<{ waiting: number }[]>`select count(*)::int as waiting from letter`;
    return outbox?.waiting === 0 ? true : undefined;
  });
  const before = await hashesOf(app);
  app.statements();
  const { status, text, headers } = await act();
  const statements = app.statements().filter((statement) => !/letter|purge_/.test(statement)).length;
  const names = [...headers.keys()].sort();
  return {
    status,
    text: text.replace(/"instance":"[^"]*"/, ''),
    names,
    hashes: (await hashesOf(app)) - before,
    statements,
  };
}

async function hashesOf(app: TestApp): Promise<number> {
  const found = /^troth_hash_seconds_count(?:\{[^}]*\})? (\d+)$/m.exec(await app.metrics());
  return Number(found?.[1] ?? Number.NaN);
}

import type { TestApp } from './test-app.ts';

/** Values of the series of some metrics, by name and labels as `/metrics` writes them. */
export type Series = Readonly<Record<string, number>>;

/** What `/metrics` says to the bearer of the token, of the metrics whose names begin so. */
export async function seriesOf(app: TestApp, token: string, beginnings: readonly string[]): Promise<Series> {
  const { status, text } = await app.ask('/metrics', { headers: { authorization: `Bearer ${token}` } });
  if (status !== 200) throw new Error(`/metrics answered ${status}`);
  const lines = [...text.matchAll(/^(\w+(?:\{[^}]*\})?) (\S+)$/gm)];
  const series = lines.map(([, name = '', value]) => [name, Number(value)] as const);
  return Object.fromEntries(series.filter(([name]) => beginnings.some((beginning) => name.startsWith(beginning))));
}

/** How much every series moved, without those that did not. */
export function moved(before: Series, after: Series): Series {
  const deltas = Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)] as const);
  return Object.fromEntries(deltas.filter(([, delta]) => delta !== 0));
}

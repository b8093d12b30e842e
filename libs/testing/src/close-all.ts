/** Closes what was opened, the last first: one that fails holds up none of the others, and is told of at the end. */
export async function closeAll(closes: readonly (() => Promise<unknown>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closes.toReversed()) await close().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw new AggregateError(errors, 'not all could be closed');
}

/**
 * Milliseconds of CPU that a work takes of this process. Other programs make it wait on a busy machine, and cost it
 * nothing: a bound that only work out of all proportion exceeds holds there as well.
 */
export async function cpuTimeOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

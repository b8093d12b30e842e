/** Stops the PostgreSQL of the tests. */
export default async function tearDown() {
  await globalThis.stopTestPostgres?.();
}

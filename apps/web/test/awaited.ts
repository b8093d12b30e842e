import { createHash } from 'node:crypto';

import { EncryptJWT, jwtDecrypt } from 'jose';

import type { Visit } from '#testing/browser';

/** What the application under test seals with. */
export const WEB_SECRET = 'a secret for tests, and long enough';

/** What waits for a code. */
export type Awaited = 'claim' | 'change';
type Kept = Readonly<Record<string, unknown>>;

const key = createHash('sha256').update(WEB_SECRET).digest();

/** How a browser keeps it, which a test states anew. */
const COOKIES = {
  claim: {
    name: '__Host-claim',
    open: async (value: string) => (await jwtDecrypt(value, key)).payload.claim as Kept,
    seal: (claim: Kept) =>
      new EncryptJWT({ claim })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .setExpirationTime('15m')
        .encrypt(key),
  },
  change: {
    name: '__Host-email-change',
    open: (value: string) => Promise.resolve(JSON.parse(decodeURIComponent(value)) as Kept),
    seal: (change: Kept) => Promise.resolve(encodeURIComponent(JSON.stringify(change))),
  },
};

/** Makes what a browser keeps older by so many seconds; the API knows nothing of it. */
export function ageAwaited(visit: Visit, awaited: Awaited, seconds: number): Promise<void> {
  return alter(visit, awaited, ([name, value]) => [
    name,
    name.endsWith('At') ? Number(value) - seconds * 1_000 : value,
  ]);
}

/** Lets the browser believe that there were three wrong codes. */
export function strikeOut(visit: Visit, awaited: Awaited): Promise<void> {
  return alter(visit, awaited, ([name, value]) => [name, name === 'attemptsLeft' ? 0 : value]);
}

async function alter(
  { page }: Visit,
  awaited: Awaited,
  change: (entry: readonly [string, unknown]) => readonly [string, unknown],
): Promise<void> {
  const { name, open, seal } = COOKIES[awaited];
  const context = page.context();
  const kept = (await context.cookies()).find((one) => one.name === name);
  if (kept === undefined) throw new Error(`the browser keeps no ${name}`);
  const altered = Object.fromEntries(Object.entries(await open(kept.value)).map(change));
  await context.addCookies([{ ...kept, value: await seal(altered) }]);
  await page.reload();
}

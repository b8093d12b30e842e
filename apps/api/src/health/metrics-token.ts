import { createHash, timingSafeEqual } from 'node:crypto';

import type { Secret } from '#domain/secret';

const BEARER = /^bearer +([A-Za-z0-9._~+/=-]+)$/i;

/** Whether an Authorization header bears the token (RFC 6750, 2.1). Without a token nobody does. */
export function isMetricsToken(authorization: string | undefined, token: Secret | undefined): boolean {
  const given = BEARER.exec(authorization ?? '')?.[1];
  if (given === undefined || token === undefined) return false;
  return timingSafeEqual(digest(given), digest(token.reveal()));
}

// Digests have one length, so that the comparison does not tell the length of the token.
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Half of the order of P-256 (SEC 2, 2.4.2), rounded down, and the order. */
const HALF = Buffer.from('7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8', 'hex');
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const BYTES = 32;

/**
 * Of (r, s) and (r, n − s), which both are right, one has to be chosen: otherwise anybody can write a second text of a
 * valid token. This tells whether an ES256 signature has the lower s.
 */
export function hasLowS(signature: Uint8Array): boolean {
  return Buffer.compare(signature.subarray(BYTES), HALF) <= 0;
}

/** The ES256 signature with the lower s that is right for the same message and key. */
export function withLowS(signature: Uint8Array): Uint8Array {
  if (hasLowS(signature)) return signature;
  const s = ORDER - BigInt(`0x${Buffer.from(signature.subarray(BYTES)).toString('hex')}`);
  return Buffer.concat([signature.subarray(0, BYTES), Buffer.from(s.toString(16).padStart(BYTES * 2, '0'), 'hex')]);
}

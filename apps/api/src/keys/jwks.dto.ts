/** A public key of access tokens or of deletion receipts (RFC 7517, 4); `kid` and `typ` of a token tell which. */
export class JsonWebKey {
  /** @example 'EC' */
  kty!: string;
  /** @example 'P-256' */
  crv!: string;
  x!: string;
  y!: string;
  /** Names the key: its thumbprint (RFC 7638). */
  kid!: string;
  /** @example 'sig' */
  use!: string;
  /** @example 'ES256' */
  alg!: string;
}

/** Public keys (RFC 7517, 5). */
export class JsonWebKeySet {
  keys!: JsonWebKey[];
}

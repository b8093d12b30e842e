// What @nestjs/jwt names of jsonwebtoken, as far as we use it. Its type package would bring Node's types into every
// production install (decision 5).
declare module 'jsonwebtoken' {
  import type { KeyObject } from 'node:crypto';

  /** A key; text would be parsed anew at each use. */
  export type Secret = KeyObject;
  /** The algorithms we use. */
  export type Algorithm = 'ES256' | 'HS256';

  /** How to sign. */
  export interface SignOptions {
    readonly algorithm?: Algorithm;
    readonly header?: { readonly alg: Algorithm; readonly typ: string; readonly kid: string };
  }

  /** What to verify. */
  export interface VerifyOptions {
    readonly algorithms?: Algorithm[];
    readonly issuer?: string;
    readonly audience?: string;
    readonly ignoreExpiration?: boolean;
    readonly ignoreNotBefore?: boolean;
  }

  // Errors that @nestjs/jwt names; we tell none from another.
  class TokenExpiredError extends Error {}
  class NotBeforeError extends Error {}
  class JsonWebTokenError extends Error {}
}

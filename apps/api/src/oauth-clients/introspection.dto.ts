/** A token that somebody asks about or wants to be revoked, as a form. Other parameters are ignored. */
export class TokenForm {
  /** An access token or a refresh token. */
  token!: string;
  /**
   * Ignored: a token says itself of which kind it is.
   * @example 'access_token'
   */
  token_type_hint?: string;
}

/** What a token is good for now (RFC 7662, 2.2). Of an inactive one `active` is all. */
export class IntrospectionResponse {
  active!: boolean;
  /**
   * `Bearer` for an access token, `refresh_token` for a refresh token, which opens nothing but POST /v1/sessions/refresh.
   * @example 'Bearer'
   */
  token_type?: string;
  /**
   * The account.
   * @format uuid
   */
  sub?: string;
  /**
   * The session.
   * @format uuid
   */
  sid?: string;
  iss?: string;
  aud?: string;
  /** Seconds since 1970. */
  iat?: number;
  /** Seconds since 1970. */
  exp?: number;
  /** When the user was authenticated, in seconds since 1970. */
  auth_time?: number;
  /** How the user was authenticated (RFC 8176). */
  amr?: string[];
  /** The roles that the account has now. */
  roles?: string[];
}

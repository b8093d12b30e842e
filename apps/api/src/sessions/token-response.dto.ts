/** A token for requests. With `Troth-Transport: cookie` it is in a cookie instead. */
export class AccessToken {
  /** For the Authorization header, as a bearer token (RFC 9068). */
  access_token?: string;
  /** @example 'Bearer' */
  token_type!: string;
  /**
   * Seconds the access token is good for.
   * @example 300
   */
  expires_in!: number;
}

/** Tokens of a session (RFC 6749, 5.1). With `Troth-Transport: cookie` they are in cookies instead. */
export class TokenResponse extends AccessToken {
  /** For POST /v1/sessions/refresh. Whoever holds it holds the session. */
  refresh_token?: string;
  /**
   * Seconds the refresh token is good for if it is not used.
   * @example 1209600
   */
  refresh_expires_in!: number;
  /** @format uuid */
  session_id!: string;
}

/** Tokens of a session that somebody has just logged in to. */
export class LoginResponse extends TokenResponse {
  /** For the next log-in on this device: it keeps strangers from using up its attempts. It is no factor. */
  device_token?: string;
}

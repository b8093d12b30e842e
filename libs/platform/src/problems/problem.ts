/** Asks for an access token (RFC 6750, 3). */
const BEARER_CHALLENGE = 'Bearer realm="troth"';
/** Asks for HTTP Basic credentials (RFC 7617, 2 and 2.1). */
const BASIC_CHALLENGE = 'Basic realm="troth", charset="UTF-8"';

interface ProblemKind {
  readonly status: number;
  /** What a 401 has to say of the credentials that are wanted: WWW-Authenticate (RFC 9110, 15.5.2). */
  readonly challenge?: string;
  readonly title: string;
  /** What the reader of the problem's page can do about it. */
  readonly advice: string;
}

/** Every problem the service answers with (RFC 9457). `docs/problems.md` lists the same ones; a test compares them. */
export const PROBLEMS = {
  'malformed-request': {
    status: 400,
    title: 'The request cannot be understood.',
    advice: 'Send well-formed HTTP, and JSON in UTF-8.',
  },
  'invalid-token': {
    status: 400,
    title: 'The token of the link is not good, or no longer.',
    advice: 'Use the link in the newest letter, once and in time, or ask for another letter.',
  },
  unauthenticated: {
    status: 401,
    challenge: BASIC_CHALLENGE,
    title: 'Credentials are missing, malformed or no longer good.',
    advice:
      "WWW-Authenticate names the scheme. Basic: address and password or a client's id and key, in UTF-8 (RFC 7617). Bearer: an unexpired access token (RFC 6750).",
  },
  'invalid-credentials': {
    status: 401,
    challenge: BEARER_CHALLENGE,
    title: 'The name or the password is not right.',
    advice: 'Check both. A forgotten password can be reset by a letter to the address.',
  },
  'challenge-failed': {
    status: 401,
    challenge: BEARER_CHALLENGE,
    title: 'The code is not right, or no longer good.',
    advice:
      'Check the code of the newest letter. After three wrong codes, or when the time is up, ask for another one.',
  },
  'activation-failed': {
    status: 401,
    challenge: BASIC_CHALLENGE,
    title: 'The code or the password is not right, or the claim has ended.',
    advice: 'Check both. After three wrong codes, or when the time is up, register again.',
  },
  'reauthentication-required': {
    status: 401,
    challenge: BEARER_CHALLENGE,
    title: 'The user has to be authenticated anew for this.',
    advice:
      'Post the password to /v1/sessions/current/reauthentication, and repeat the request with the token it answers.',
  },
  'invalid-refresh-token': {
    status: 401,
    challenge: BEARER_CHALLENGE,
    title: 'This is no refresh token that can be used.',
    advice: 'Log in again.',
  },
  'session-revoked': {
    status: 401,
    challenge: BEARER_CHALLENGE,
    title: 'The session has ended.',
    advice: 'Log in again, and only then forget the tokens.',
  },
  forbidden: {
    status: 403,
    title: 'This is not allowed to whoever asks.',
    advice:
      'With cookies, call from a page whose origin WEB_ORIGINS lists, on the same site as the API. Some routes want a role.',
  },
  'account-suspended': {
    status: 403,
    title: 'The account is suspended.',
    advice: 'Ask the operator of the service.',
  },
  'changes-frozen': {
    status: 403,
    title: 'Somebody else was at the account: such changes wait.',
    advice: 'Wait until 24 hours have passed since the owner said so.',
  },
  'not-found': { status: 404, title: 'There is nothing here.', advice: 'Check the path; /docs lists all of them.' },
  'method-not-allowed': {
    status: 405,
    title: 'The path exists, but not for this method.',
    advice: 'Use one of the methods in the Allow header.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request did not arrive in time.',
    advice: 'Send a request within 15 seconds, its headers within 10, and open a new connection for the next one.',
  },
  'last-admin': {
    status: 409,
    title: 'Nobody would be left who can administrate.',
    advice: 'Make somebody else an administrator first.',
  },
  'deletion-scheduled': {
    status: 409,
    title: 'The account is going to be deleted already.',
    advice: 'Take that deletion back first, to choose another time.',
  },
  'idempotency-conflict': {
    status: 409,
    title: 'The idempotency key was used for another request.',
    advice: 'Use a new Idempotency-Key for every new request, and the same one only to repeat a request unchanged.',
  },
  'username-taken': {
    status: 409,
    title: 'Somebody else has this user name.',
    advice: 'Choose another one.',
  },
  'precondition-failed': {
    status: 412,
    title: 'What is to be changed is not what it was.',
    advice: 'Get it again, with its ETag, and decide anew.',
  },
  'payload-too-large': {
    status: 413,
    title: 'The request is too large.',
    advice: 'Send bodies of at most 16 KiB.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body is not of a type that this route takes.',
    advice: 'Send Content-Type: application/json, or a form where the route takes one, without Content-Encoding.',
  },
  'validation-failed': {
    status: 422,
    title: 'Some fields are not valid.',
    advice: 'Each entry of errors points to a field (RFC 6901) and names the rule it breaks.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests.',
    advice: 'Wait the seconds of the Retry-After header. The RateLimit header tells what is left.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong on our side.',
    advice: 'Try again. If it stays, tell the operator the request id that stands in instance.',
  },
  overloaded: {
    status: 503,
    title: 'The service is overloaded or a part of it cannot be reached.',
    advice: 'Wait the seconds of the Retry-After header and try again.',
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

/** The code of a problem: the last part of its `type`. */
export type ProblemCode = keyof typeof PROBLEMS;

/** One field that is not valid: a JSON pointer into the body (RFC 6901), the rule it breaks, the same in words. */
export interface FieldFault {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

/** What a problem carries besides its code. */
export interface ProblemOptions {
  /** Why, for the log alone: the answer never holds it. */
  readonly reason?: string;
  /** What the client may know beyond the title. */
  readonly detail?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly errors?: readonly FieldFault[];
  /** Anything else is written to the log line and never answered. */
  readonly [context: string]: unknown;
}

/** The answer to a request that cannot be granted: thrown anywhere below a controller. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly code: ProblemCode,
    readonly options: ProblemOptions = {},
  ) {
    super(options.reason === undefined ? code : `${code}: ${options.reason}`);
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  /** What the answer carries besides the headers of every answer; a challenge where the kind has one. */
  get headers(): Readonly<Record<string, string>> {
    const { challenge }: ProblemKind = PROBLEMS[this.code];
    return { ...(challenge === undefined ? {} : { 'www-authenticate': challenge }), ...this.options.headers };
  }
}

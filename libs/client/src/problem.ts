import type { components } from './schema.ts';

/** The body of a refusal (RFC 9457). */
export type Problem = components['schemas']['Problem'];

/** What a refusal is for. `unexpected`: an answer that is none of Troth's, as of a proxy on the way. */
export type ProblemCode = Problem['code'] | 'unexpected';

/** A field that is not valid: the JSON pointer into the body, the rule that it breaks, and the same in words. */
export type FieldFault = NonNullable<Problem['errors']>[number];

/** Troth refused a request. `message` is for people who develop, `code` for programs. */
export class TrothProblem extends Error {
  override readonly name = 'TrothProblem';
  readonly code: ProblemCode;
  /** The HTTP status. */
  readonly status: number;
  /** The request's id, for whoever reads the logs; undefined: the answer had none. */
  readonly requestId: string | undefined;
  /** The fields that are not valid; empty for all but `validation-failed`. */
  readonly errors: readonly FieldFault[];
  /** Seconds after which it may be asked again (`Retry-After`); undefined: the answer says nothing of it. */
  readonly retryAfterSeconds: number | undefined;

  constructor(response: Response, problem?: Problem) {
    super(problem?.detail ?? problem?.title ?? `The answer with status ${response.status} is none of Troth’s.`);
    this.code = problem?.code ?? 'unexpected';
    this.status = response.status;
    this.requestId = problem?.instance ?? response.headers.get('x-request-id') ?? undefined;
    this.errors = problem?.errors ?? [];
    this.retryAfterSeconds = retryAfterOf(response);
  }
}

/** Nothing was answered: the network or the service is away. Whether the request was done nobody can tell. */
export class TrothUnreachable extends Error {
  override readonly name = 'TrothUnreachable';

  constructor(cause: unknown) {
    super('Troth did not answer.', { cause });
  }
}

/** The problem of an answer that is a refusal. Rejects with TrothUnreachable when it did not come in full. */
export async function problemOf(response: Response, signal?: AbortSignal): Promise<TrothProblem> {
  if (response.headers.get('content-type')?.startsWith('application/problem+json') !== true) {
    discard(response);
    return new TrothProblem(response);
  }
  const body = parsed(await textOf(response, signal));
  return new TrothProblem(response, hasCode(body) ? body : undefined);
}

/** The text of an answer. Rejects with TrothUnreachable when it does not come in full, and with what the signal says. */
export async function textOf(response: Response, signal?: AbortSignal): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new TrothUnreachable(error);
  }
}

/** Gives up an answer that nobody reads: in Node.js it would keep its connection. */
export function discard(response: Response): void {
  response.body?.cancel().catch(() => undefined);
}

/** The seconds of `Retry-After`, which Troth gives as a number and proxies as a date too; undefined: it says none. */
export function retryAfterOf({ headers }: Response): number | undefined {
  const text = headers.get('retry-after') ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const date = /\bGMT$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(date)) return undefined;
  // The clock of this device may be wrong; that of the answer is the one that the date is from.
  const now = Date.parse(headers.get('date') ?? '') || Date.now();
  return Math.max(0, Math.ceil((date - now) / 1_000));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function hasCode(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string';
}

import { PROBLEMS, type FieldFault, type Problem, type ProblemCode } from './problem.ts';

/** The media type of every problem (RFC 9457). */
export const PROBLEM_TYPE = 'application/problem+json';

/** What a client gets to read of a problem (RFC 9457, 3). */
interface ProblemBody {
  /** A page that explains the problem. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code: ProblemCode;
  /** The request id. */
  readonly instance: string;
  readonly errors?: readonly FieldFault[];
}

/** The answer's bytes. Bytes, because Fastify adds a charset to text, which the media type does not have. */
export function problemBytes(publicUrl: string, problem: Problem, requestId: string): Buffer {
  return Buffer.from(JSON.stringify(problemBody(publicUrl, problem, requestId)));
}

/** Everything of a problem that may leave the service: never its reason or its context. */
function problemBody(publicUrl: string, problem: Problem, requestId: string): ProblemBody {
  const { status, title } = PROBLEMS[problem.code];
  const { detail, errors } = problem.options;
  return {
    type: `${publicUrl}/problems/${problem.code}`,
    title,
    status,
    ...(detail === undefined ? {} : { detail }),
    code: problem.code,
    instance: requestId,
    ...(errors === undefined ? {} : { errors }),
  };
}

import { PROBLEMS } from '#platform/problems/problem';

/** A problem (RFC 9457) as OpenAPI describes it. */
export const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'Why a request was not granted (RFC 9457).',
  required: ['type', 'title', 'status', 'code', 'instance'],
  properties: {
    type: { type: 'string', format: 'uri', description: 'A page that explains the problem.' },
    title: { type: 'string', description: 'The problem in one sentence.' },
    status: { type: 'integer', description: 'The HTTP status.' },
    detail: { type: 'string', description: 'What is particular to this request.' },
    code: { type: 'string', enum: Object.keys(PROBLEMS), description: 'The problem for programs.' },
    instance: { type: 'string', description: 'The request id, as in X-Request-Id.' },
    errors: {
      type: 'array',
      description: 'The fields that are not valid, with `validation-failed`.',
      items: {
        type: 'object',
        required: ['pointer', 'code', 'detail'],
        properties: {
          pointer: { type: 'string', description: 'JSON pointer into the body (RFC 6901); empty for the body itself.' },
          code: { type: 'string', description: 'The rule that is broken.' },
          detail: { type: 'string', description: 'The same in words.' },
        },
      },
    },
  },
};

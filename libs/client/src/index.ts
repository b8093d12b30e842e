export type { Api } from './api.ts';
export { basicAuthorization, Troth, type TrothOptions } from './client.ts';
export {
  type FieldFault,
  type Problem,
  type ProblemCode,
  problemOf,
  TrothProblem,
  TrothUnreachable,
} from './problem.ts';
export type { RetryRule } from './retry.ts';
export type { components, operations, paths } from './schema.ts';
export { endsSession } from './session.ts';
export { leewaySecondsOf, memoryTokens, type Tokens, type TokenStore, tokensOf } from './tokens.ts';

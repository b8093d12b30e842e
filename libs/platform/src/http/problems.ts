import { applyDecorators } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';

import type { ProblemCode } from '#platform/problems/problem';

/** The extension of an operation that the OpenAPI document is made from, and that does not stay in it. */
export const ROUTE_PROBLEMS = 'x-problems';

/**
 * The problems a route answers with besides those that follow from what it takes: a body, credentials, a limit. They
 * are part of the OpenAPI document.
 */
export const Problems = (...codes: readonly ProblemCode[]): MethodDecorator =>
  applyDecorators(ApiExtension(ROUTE_PROBLEMS, codes));

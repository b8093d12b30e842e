import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';

import { frameRule } from '#platform/http/frame-rules';

import type { LimitName } from './limits.ts';

/** Where the guard looks which limits a route has. */
export const SOURCE_LIMIT = 'troth:source-limit';

/** Counts a route under these limits too, besides `all`. */
export const SourceLimit = (name: Exclude<LimitName, 'all'>): MethodDecorator => SetMetadata(SOURCE_LIMIT, name);

/** The same, and not under `all`: for routes that one source asks on behalf of many users. */
export const SourceLimitApart = (name: Exclude<LimitName, 'all'>): MethodDecorator =>
  applyDecorators(SourceLimit(name), frameRule({ apart: true }));

/** The extension of an operation that says so while the OpenAPI document is made. */
export const UNLIMITED = 'x-unlimited';

/** Counts a route under no limit: for the probes of an orchestrator, which must not depend on the traffic of others. */
export const Unlimited = (): MethodDecorator =>
  applyDecorators(frameRule({ unlimited: true }), ApiExtension(UNLIMITED, true));

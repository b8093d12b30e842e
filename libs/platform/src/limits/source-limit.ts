import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';

import type { LimitName } from './limits.ts';

/** Where the guard looks which limits a route has. */
export const SOURCE_LIMIT = 'troth:source-limit';

/** Counts a route under these limits too, besides `all`. */
export const SourceLimit = (name: Exclude<LimitName, 'all'>): MethodDecorator => SetMetadata(SOURCE_LIMIT, name);

/** Where the guard looks whether a route is not limited at all. */
export const UNLIMITED = 'x-unlimited';

/** Counts a route under no limit: for the probes of an orchestrator, which must not depend on the traffic of others. */
export const Unlimited = (): MethodDecorator =>
  applyDecorators(SetMetadata(UNLIMITED, true), ApiExtension(UNLIMITED, true));

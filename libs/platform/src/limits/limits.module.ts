import { Module, type ExecutionContext } from '@nestjs/common';
import { ThrottlerModule, type ThrottlerModuleOptions } from '@nestjs/throttler';

import { Config } from '#platform/config/config';

import { BoundedCounters } from './bounded-counters.ts';
import { LIMITS, policyName, type Limit } from './limits.ts';
import { SOURCE_LIMIT } from './source-limit.ts';

/** Limits per source: @nestjs/throttler over the table of limits, with a store that is bounded in memory. */
@Module({
  imports: [
    ThrottlerModule.forRootAsync({
      inject: [Config],
      useFactory: (config: Config): ThrottlerModuleOptions => ({
        storage: new BoundedCounters(),
        throttlers: Object.entries(LIMITS).flatMap(([name, limits]) =>
          limits.map((limit) => throttler(name, limit, config.rateLimitScale)),
        ),
      }),
    }),
  ],
  exports: [ThrottlerModule],
})
export class LimitsModule {}

function throttler(name: string, one: Limit, scale: number) {
  const { limit, windowSeconds } = one;
  const appliesTo = (context: ExecutionContext): boolean =>
    Reflect.getMetadata(SOURCE_LIMIT, context.getHandler()) === name;
  return {
    name: policyName(name, one),
    ttl: windowSeconds * 1_000,
    limit: Math.max(1, Math.floor(limit * scale)),
    skipIf: (context: ExecutionContext): boolean => !appliesTo(context),
  };
}

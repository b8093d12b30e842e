import { Injectable, UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { Problem } from '#platform/problems/problem';

/** Reads what the guard of sessions found. Whoever changes something looks again, under the lock of the account. */
@Injectable()
class UnfrozenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { session } = context.switchToHttp().getRequest<FastifyRequest>();
    if (session?.changesAreFrozen === true) throw new Problem('changes-frozen');
    return true;
  }
}

/** Refused with 403 `changes-frozen`, before its fields are looked at, while the owner of the account has it frozen. */
export const RefusedWhileFrozen = (): MethodDecorator => UseGuards(UnfrozenGuard);

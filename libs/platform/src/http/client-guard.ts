import { timingSafeEqual } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { findClient } from '#data/client';
import { Database } from '#data/database';
import { clientKeyHash } from '#platform/keys/client-key';
import { SourceLimitGuard } from '#platform/limits/source-limit-guard';
import { Problem } from '#platform/problems/problem';

import { credentialsOf } from './basic.ts';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** The nil UUID (RFC 9562, 5.9): no client has it. */
const NOBODY = '00000000-0000-0000-0000-000000000000';
const NO_HASH = Buffer.alloc(32);

/** Authenticates clients. An unknown one costs the same statement, hash and comparison as a known one. */
@Injectable()
export class ClientGuard {
  constructor(
    private readonly db: Database,
    private readonly limits: SourceLimitGuard,
  ) {}

  /** Puts the client into the request; throws `unauthenticated` unless its id and key are right. */
  async admit(request: FastifyRequest): Promise<true> {
    const credentials = credentialsOf(request);
    if (!credentials) return this.#refuse(request, 'no_credentials');
    const { email: id, password: key } = credentials;
    const client = await findClient(this.db.sql, UUID.test(id) ? id : NOBODY);
    const isRight = timingSafeEqual(clientKeyHash(key), client?.keyHash ?? NO_HASH);
    if (!client || !isRight) return this.#refuse(request, client ? 'wrong_key' : 'unknown_client');
    request.client = { clientId: client.clientId };
    return true;
  }

  #refuse(request: FastifyRequest, reason: string): never {
    this.limits.countWrongCredentials(request);
    throw new Problem('unauthenticated', { reason });
  }
}

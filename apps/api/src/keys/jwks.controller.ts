import { createHash } from 'node:crypto';

import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiHeader, ApiNotModifiedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { Problems } from '#platform/http/problems';
import { Public } from '#platform/http/public';
import { DeletionReceipts } from '#platform/tokens/deletion-receipts';
import { SigningKeys } from '#platform/tokens/signing-keys';

import { JsonWebKeySet } from './jwks.dto.ts';

const CACHE = 'public, max-age=300';

/** What others verify our tokens with. */
@ApiTags('tokens')
@Controller('.well-known')
export class JwksController {
  constructor(
    private readonly keys: SigningKeys,
    private readonly receipts: DeletionReceipts,
  ) {}

  /** The public keys of access tokens (RFC 7517), with those that will sign soon, and that of deletion receipts. May be kept for five minutes. */
  @Get('jwks.json')
  @Public()
  @Problems()
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'The ETag of the set that is kept.' })
  @ApiOkResponse({ type: JsonWebKeySet })
  @ApiNotModifiedResponse({ description: 'The set that is kept is the present one.' })
  read(
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): JsonWebKeySet | undefined {
    const keys = [...this.keys.jwks, this.receipts.jwk];
    // A key is named by its thumbprint, so the names tell the whole set.
    const names = keys.map(({ kid }) => kid).join(' ');
    const etag = `"${createHash('sha256').update(names).digest('base64url')}"`;
    reply.headers({ 'cache-control': CACHE, etag });
    if (known !== etag) return { keys };
    reply.status(304);
    return undefined;
  }
}

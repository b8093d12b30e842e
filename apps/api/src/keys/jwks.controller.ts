import { Controller, Get, Header } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { Public } from '#platform/http/public';
import { Problems } from '#platform/http/problems';
import { SigningKeys } from '#platform/tokens/signing-keys';

import { JsonWebKeySet } from './jwks.dto.ts';

/** What others verify our tokens with. */
@ApiTags('tokens')
@Controller('.well-known')
export class JwksController {
  constructor(private readonly keys: SigningKeys) {}

  /** The public keys of access tokens (RFC 7517), with those that will sign soon. May be kept for five minutes. */
  @Get('jwks.json')
  @Public()
  @Problems()
  @Header('Cache-Control', 'public, max-age=300')
  read(): JsonWebKeySet {
    return { keys: [...this.keys.jwks] };
  }
}

import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

import { AskedBy, type Asker } from '#platform/http/asker';
import { AskingClient, type AuthenticatedClient } from '#platform/http/client';
import { formFields } from '#platform/http/form-fields';
import { FormBody } from '#platform/http/frame-rules';
import { Problems } from '#platform/http/problems';
import { SourceLimitApart } from '#platform/limits/source-limit';
import { Problem } from '#platform/problems/problem';

import { Introspect } from './introspect.usecase.ts';
import { IntrospectionResponse, TokenForm } from './introspection.dto.ts';
import { Revoke } from './revoke.usecase.ts';

const FORM = 'application/x-www-form-urlencoded';

/** What services that are clients may do with the tokens that users show them. */
@ApiTags('tokens')
@Controller('v1/oauth')
export class OauthClientsController {
  constructor(
    private readonly introspection: Introspect,
    private readonly revocation: Revoke,
  ) {}

  /** Tells a client what a token is good for at this moment (RFC 7662). */
  @Post('introspect')
  @HttpCode(200)
  @FormBody()
  @ApiConsumes(FORM)
  @ApiBody({ type: TokenForm })
  @SourceLimitApart('clients')
  @Problems()
  introspect(
    @AskingClient() _client: AuthenticatedClient,
    @Req() request: FastifyRequest,
  ): Promise<IntrospectionResponse> {
    return this.introspection.run(tokenOf(request.body));
  }

  /** Ends the session of a token (RFC 7009). The answer is the same for any text. */
  @Post('revoke')
  @HttpCode(200)
  @FormBody()
  @ApiConsumes(FORM)
  @ApiBody({ type: TokenForm })
  @SourceLimitApart('clients')
  @Problems()
  revoke(
    @AskingClient() client: AuthenticatedClient,
    @Req() request: FastifyRequest,
    @AskedBy() asker: Asker,
  ): Promise<void> {
    return this.revocation.run(tokenOf(request.body), client, asker);
  }
}

function tokenOf(body: unknown): string {
  const token = formFields(body).get('token') ?? '';
  if (token !== '') return token;
  throw new Problem('validation-failed', {
    errors: [{ pointer: '/token', code: 'required', detail: 'token is missing' }],
  });
}

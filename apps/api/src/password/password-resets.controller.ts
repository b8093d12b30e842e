import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { AskedBy, type Asker } from '#platform/http/asker';
import { HashesPassword } from '#platform/http/frame-rules';
import { IdempotencyKey } from '#platform/http/idempotency-key';
import { Problems } from '#platform/http/problems';
import { Public } from '#platform/http/public';
import { SourceLimit } from '#platform/limits/source-limit';

import { ConfirmResetDto } from './confirm-reset.dto.ts';
import { ConfirmReset } from './confirm-reset.usecase.ts';
import { RequestResetDto, RESET_REQUESTED, ResetRequested } from './request-reset.dto.ts';
import { RequestReset } from './request-reset.usecase.ts';

/** A forgotten password: a link by mail, and a new one by the link. */
@ApiTags('passwords')
@Controller('v1/password-resets')
export class PasswordResetsController {
  constructor(
    private readonly request: RequestReset,
    private readonly confirmation: ConfirmReset,
  ) {}

  /** Mails a link that resets the password; the answer is the same whether or not there is an account. */
  @Post()
  @Public()
  @HttpCode(202)
  @SourceLimit('password-resets')
  @Problems('idempotency-conflict')
  async ask(
    @Body() dto: RequestResetDto,
    @AskedBy() asker: Asker,
    @IdempotencyKey() idempotencyKey: string | undefined,
  ): Promise<ResetRequested> {
    await this.request.run(dto, asker, idempotencyKey);
    return RESET_REQUESTED;
  }

  /** Sets a new password by the token of a link. All sessions end, device tokens are void, and nobody is logged in by it. */
  @Post('confirm')
  @Public()
  @HttpCode(204)
  @SourceLimit('links')
  @HashesPassword()
  @Problems('invalid-token')
  confirm(@Body() dto: ConfirmResetDto, @AskedBy() asker: Asker): Promise<void> {
    return this.confirmation.run(dto, asker);
  }
}

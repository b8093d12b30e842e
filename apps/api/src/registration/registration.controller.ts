import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { Config } from '#platform/config/config';
import { AskedBy, type Asker } from '#platform/http/asker';
import { HashesPassword } from '#platform/http/frame-rules';
import { IdempotencyKey } from '#platform/http/idempotency-key';
import { Problems } from '#platform/http/problems';
import { Public } from '#platform/http/public';
import { SourceLimit } from '#platform/limits/source-limit';

import { MuteRegistrationDto } from './mute-registration.dto.ts';
import { MuteRegistration } from './mute-registration.usecase.ts';
import { RegisterDto } from './register.dto.ts';
import { Register } from './register.usecase.ts';
import { VerificationRequired, verificationRequired } from './verification-required.dto.ts';

/** Claiming an address, and muting the letters that claims send to it. */
@ApiTags('registration')
@Controller('v1/registrations')
export class RegistrationController {
  readonly #answer: VerificationRequired;

  constructor(
    config: Config,
    private readonly registration: Register,
    private readonly mute: MuteRegistration,
  ) {
    this.#answer = verificationRequired(config);
  }

  /** Claims an e-mail address. A code is mailed to it; the answer is the same whether or not the address is known. */
  @Post()
  @Public()
  @HttpCode(202)
  @SourceLimit('registrations')
  @HashesPassword()
  @Problems('idempotency-conflict')
  async register(
    @Body() dto: RegisterDto,
    @AskedBy() asker: Asker,
    @IdempotencyKey() idempotencyKey: string | undefined,
  ): Promise<VerificationRequired> {
    await this.registration.run(dto, asker, idempotencyKey);
    return this.#answer;
  }

  /** Mutes letters of registration to the address of an owner token, or ends that. The answer is always the same. */
  @Post('mute')
  @Public()
  @HttpCode(204)
  @SourceLimit('mute')
  @Problems()
  async muteRegistration(@Body() dto: MuteRegistrationDto): Promise<void> {
    await this.mute.run(dto.owner_token, dto.days);
  }
}

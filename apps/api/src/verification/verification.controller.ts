import { Body, Controller, Delete, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { Config } from '#platform/config/config';
import { AskedBy, type Asker } from '#platform/http/asker';
import { Basic, type Credentials } from '#platform/http/basic';
import { HashesPassword } from '#platform/http/frame-rules';
import { Problems } from '#platform/http/problems';
import { TokenTransport, Transported } from '#platform/http/token-transport';
import { SourceLimit } from '#platform/limits/source-limit';

import { VerificationRequired, verificationRequired } from '../registration/verification-required.dto.ts';
import { Activated, ActivateDto } from './activate.dto.ts';
import { Activate } from './activate.usecase.ts';
import { ResendCode } from './resend-code.usecase.ts';
import { WithdrawClaim } from './withdraw-claim.usecase.ts';

/** What claimants do, named by HTTP Basic with the password of their claim. */
@ApiTags('registration')
@Controller('v1/registrations')
export class VerificationController {
  readonly #resent: VerificationRequired;

  constructor(
    config: Config,
    private readonly activation: Activate,
    private readonly resending: ResendCode,
    private readonly withdrawal: WithdrawClaim,
  ) {
    this.#resent = verificationRequired(config);
  }

  /** Makes a claim an account: HTTP Basic with e-mail and password, and the code from the letter. */
  @Post('activation')
  @HttpCode(200)
  @SourceLimit('activation')
  @HashesPassword()
  @Problems('activation-failed')
  async activate(
    @Basic() claimant: Credentials,
    @Body() dto: ActivateDto,
    @AskedBy() asker: Asker,
    @Transported() transport: TokenTransport,
  ): Promise<Activated> {
    const { user, session } = await this.activation.run(claimant, dto, asker);
    return session ? { user, session: transport.answer(session) } : { user };
  }

  /** Mails the same code again. The answer is the same whether or not there is such a claim. */
  @Post('resend')
  @HttpCode(202)
  @SourceLimit('resend')
  @HashesPassword()
  @Problems()
  async resend(@Basic() claimant: Credentials): Promise<VerificationRequired> {
    await this.resending.run(claimant);
    return this.#resent;
  }

  /** Gives a claimed address back. The answer is the same whether or not there is such a claim. */
  @Delete()
  @HttpCode(204)
  @SourceLimit('withdrawal')
  @HashesPassword()
  @Problems()
  async withdraw(@Basic() claimant: Credentials, @AskedBy() asker: Asker): Promise<void> {
    await this.withdrawal.run(claimant, asker);
  }
}

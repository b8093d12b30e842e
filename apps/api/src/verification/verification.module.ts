import { Module } from '@nestjs/common';

import { SessionsModule } from '../sessions/sessions.module.ts';
import { Activate } from './activate.usecase.ts';
import { Claimants } from './claimants.ts';
import { ResendCode } from './resend-code.usecase.ts';
import { VerificationController } from './verification.controller.ts';
import { WithdrawClaim } from './withdraw-claim.usecase.ts';

/** What a claimant does with a claim: prove it, ask for the letter again, take it back. */
@Module({
  imports: [SessionsModule],
  controllers: [VerificationController],
  providers: [Claimants, Activate, ResendCode, WithdrawClaim],
  exports: [Activate],
})
export class VerificationModule {}

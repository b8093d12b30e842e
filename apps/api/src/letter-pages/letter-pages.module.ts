import { Module } from '@nestjs/common';

import { RegistrationModule } from '../registration/registration.module.ts';
import { VerificationModule } from '../verification/verification.module.ts';
import { OwnerActivationController } from './owner-activation.controller.ts';
import { OwnerPageController } from './owner-page.controller.ts';

/** Plain pages that links in letters lead to while there is no web application. */
@Module({
  imports: [RegistrationModule, VerificationModule],
  controllers: [OwnerPageController, OwnerActivationController],
})
export class LetterPagesModule {}

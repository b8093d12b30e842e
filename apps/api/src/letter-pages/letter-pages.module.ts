import { Module } from '@nestjs/common';

import { PasswordModule } from '../password/password.module.ts';
import { ProfileModule } from '../profile/profile.module.ts';
import { RegistrationModule } from '../registration/registration.module.ts';
import { VerificationModule } from '../verification/verification.module.ts';
import { EmailChangeRevertPageController } from './email-change-revert-page.controller.ts';
import { NotMePageController } from './not-me-page.controller.ts';
import { OwnerActivationController } from './owner-activation.controller.ts';
import { OwnerPageController } from './owner-page.controller.ts';
import { ResetPageController } from './reset-page.controller.ts';

/** Plain pages that links in letters lead to while there is no web application. */
@Module({
  imports: [RegistrationModule, VerificationModule, PasswordModule, ProfileModule],
  controllers: [
    OwnerPageController,
    OwnerActivationController,
    ResetPageController,
    NotMePageController,
    EmailChangeRevertPageController,
  ],
})
export class LetterPagesModule {}

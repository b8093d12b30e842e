import { Module } from '@nestjs/common';

import { PasswordModule } from '../password/password.module.ts';
import { ChangeProfile } from './change-profile.usecase.ts';
import { ConfirmEmailChange } from './confirm-email-change.usecase.ts';
import { EmailChangeRevertController } from './email-change-revert.controller.ts';
import { EmailChangeController } from './email-change.controller.ts';
import { ProfileController } from './profile.controller.ts';
import { RequestEmailChange } from './request-email-change.usecase.ts';
import { RevertEmailChange } from './revert-email-change.usecase.ts';

/** A user's view of the account, and what users change of it. */
@Module({
  imports: [PasswordModule],
  controllers: [ProfileController, EmailChangeController, EmailChangeRevertController],
  providers: [ChangeProfile, RequestEmailChange, ConfirmEmailChange, RevertEmailChange],
  exports: [RevertEmailChange],
})
export class ProfileModule {}

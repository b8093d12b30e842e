import { Module } from '@nestjs/common';

import { ChangePassword } from './change-password.usecase.ts';
import { ConfirmReset } from './confirm-reset.usecase.ts';
import { NotMeController } from './not-me.controller.ts';
import { NotMe } from './not-me.usecase.ts';
import { OwnPasswordController } from './own-password.controller.ts';
import { PasswordResetsController } from './password-resets.controller.ts';
import { RequestReset } from './request-reset.usecase.ts';
import { TokenBearers } from './token-bearers.ts';

/** Passwords that were forgotten, are changed, or were changed by somebody else. */
@Module({
  controllers: [PasswordResetsController, OwnPasswordController, NotMeController],
  providers: [RequestReset, ConfirmReset, ChangePassword, NotMe, TokenBearers],
  exports: [RequestReset, ConfirmReset, NotMe, TokenBearers],
})
export class PasswordModule {}

import { Module } from '@nestjs/common';

import { MuteRegistration } from './mute-registration.usecase.ts';
import { Register } from './register.usecase.ts';
import { RegistrationController } from './registration.controller.ts';

/** Claiming an address. */
@Module({
  controllers: [RegistrationController],
  providers: [Register, MuteRegistration],
  exports: [Register, MuteRegistration],
})
export class RegistrationModule {}

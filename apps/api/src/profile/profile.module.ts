import { Module } from '@nestjs/common';

import { ProfileController } from './profile.controller.ts';

/** A user's view of the account. */
@Module({ controllers: [ProfileController] })
export class ProfileModule {}

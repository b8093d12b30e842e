import { Module } from '@nestjs/common';

import { SecurityController } from './security.controller.ts';

/** What the service says about its own security. */
@Module({ controllers: [SecurityController] })
export class SecurityModule {}

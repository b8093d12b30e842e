import { Module } from '@nestjs/common';

import { RegistrationModule } from '../registration/registration.module.ts';
import { OwnerPageController } from './owner-page.controller.ts';

/** Plain pages that links in letters lead to while there is no web application. */
@Module({ imports: [RegistrationModule], controllers: [OwnerPageController] })
export class LetterPagesModule {}

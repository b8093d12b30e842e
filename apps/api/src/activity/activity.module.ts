import { Module } from '@nestjs/common';

import { ActivityController } from './activity.controller.ts';

/** What users see of what happened to their accounts. */
@Module({ controllers: [ActivityController] })
export class ActivityModule {}

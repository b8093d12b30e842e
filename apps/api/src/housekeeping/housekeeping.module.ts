import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';

import { PurgeJob } from './purge-job.ts';

/** What is done behind everybody's back, on a schedule. */
@Module({ imports: [ScheduleModule.forRoot()], providers: [PurgeJob] })
export class HousekeepingModule {}

import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';

import { AccountDeletionModule } from '../account-deletion/account-deletion.module.ts';
import { AuditCheck } from '../audit/audit-check.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { AuditCheckJob } from './audit-check-job.ts';
import { ErasureJob } from './erasure-job.ts';
import { PurgeJob } from './purge-job.ts';
import { RetentionWatch } from './retention-watch.ts';
import { SealJob } from './seal-job.ts';
import { Timetable } from './timetable.ts';

/** What is done behind everybody's back, on a schedule. */
@Module({
  imports: [ScheduleModule.forRoot(), AccountDeletionModule, AuditModule],
  providers: [PurgeJob, ErasureJob, SealJob, AuditCheckJob, RetentionWatch, Timetable],
})
export class HousekeepingModule {
  constructor(
    private readonly purge: PurgeJob,
    private readonly erasure: ErasureJob,
    private readonly seal: SealJob,
    private readonly check: AuditCheck,
  ) {}

  /** One run of every job; of one that goes on, its end. */
  async runAll(): Promise<void> {
    await Promise.all([this.purge, this.erasure, this.seal, this.check].map((job) => job.run()));
  }
}

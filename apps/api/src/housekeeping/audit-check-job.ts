import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';

import { Closing } from '#platform/http/closing';

import { AuditCheck } from '../audit/audit-check.ts';
import { Timetable } from './timetable.ts';

const JOB = 'check-audit';
const DAY_SECONDS = 24 * 3_600;

/** Verifies the whole audit chain at the start of the process and every day; with the purge job off, at the start only. */
@Injectable()
export class AuditCheckJob implements OnApplicationBootstrap {
  constructor(
    private readonly check: AuditCheck,
    private readonly timetable: Timetable,
    closing: Closing,
  ) {
    closing.at('jobs', () => this.finish());
  }

  onApplicationBootstrap(): void {
    this.timetable.start(JOB, () => this.check.run(), DAY_SECONDS);
  }

  /** Starts no more, and ends the one that goes on. */
  async finish(): Promise<void> {
    this.timetable.stop(JOB);
    await this.check.finish();
  }
}

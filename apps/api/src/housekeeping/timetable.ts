import { Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';

import { Config } from '#platform/config/config';

/** When jobs run: at the start of the process, and then again and again unless the purge is off. */
@Injectable()
export class Timetable {
  constructor(
    private readonly config: Config,
    private readonly scheduler: SchedulerRegistry,
  ) {}

  /** Begins with a job. Without an interval it runs as often as the purge. */
  start(job: string, run: () => Promise<void>, intervalSeconds = this.config.purgeIntervalSeconds): void {
    void run();
    if (this.config.purgeIntervalSeconds === 0) return;
    this.scheduler.addInterval(
      job,
      setInterval(() => void run(), intervalSeconds * 1000),
    );
  }

  /** Starts no more runs of a job. */
  stop(job: string): void {
    if (this.scheduler.doesExist('interval', job)) this.scheduler.deleteInterval(job);
  }
}

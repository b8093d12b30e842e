import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';

import { Database } from '#data/database';
import { Closing } from '#platform/http/closing';
import { KeyRing } from '#platform/keys/key-ring';
import { failureWord } from '#platform/logging/failure-word';
import { Log } from '#platform/logging/log';
import { makeSigningKey, SigningKeys } from '#platform/tokens/signing-keys';

const JOB = 'signing-keys';
const LOOK_MS = 60_000;
/** A key signs for so long. */
const KEY_AGE_SECONDS = 90 * 24 * 3_600;

/** Each minute: makes the next key when the present one is old, and takes what other replicas made. */
@Injectable()
export class SigningKeyRotation implements OnApplicationBootstrap {
  constructor(
    private readonly db: Database,
    private readonly ring: KeyRing,
    private readonly signing: SigningKeys,
    private readonly scheduler: SchedulerRegistry,
    private readonly log: Log,
    closing: Closing,
  ) {
    closing.at('jobs', () => {
      if (this.scheduler.doesExist('interval', JOB)) this.scheduler.deleteInterval(JOB);
      return Promise.resolve();
    });
  }

  onApplicationBootstrap(): void {
    this.scheduler.addInterval(
      JOB,
      setInterval(() => void this.run(), LOOK_MS),
    );
  }

  /** One look. Never throws: the next one comes, and the keys that are known stay good. */
  async run(): Promise<void> {
    try {
      const kid = await makeSigningKey(this.db.sql, this.ring, KEY_AGE_SECONDS);
      if (kid !== undefined) this.log.info('signing_key_made', { kid });
      await this.signing.load();
    } catch (error) {
      this.log.warn('signing_keys_failed', { reason: failureWord(error) });
    }
  }
}

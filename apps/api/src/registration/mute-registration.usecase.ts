import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import { muteRegistration } from '#data/mute';
import { KeyRing } from '#platform/keys/key-ring';

/** POST /v1/registrations/mute: silences letters of registration. A token that is not valid changes nothing, silently. */
@Injectable()
export class MuteRegistration {
  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
  ) {}

  async run(ownerToken: string, days: number): Promise<void> {
    const opened = this.keys.openOwnerToken(ownerToken);
    if (opened) await muteRegistration(this.db.sql, opened.addressKey, opened.day, days);
  }
}

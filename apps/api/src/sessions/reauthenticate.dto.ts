import { IsString } from 'class-validator';

import { WellFormed } from '#platform/http/well-formed';

/** The user of a session shows again who they are. */
export class ReauthenticateDto {
  /** The password of the account. */
  @IsString()
  @WellFormed()
  password!: string;
}

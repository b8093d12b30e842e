import { IsIn, IsOptional } from 'class-validator';

/** A session, as its user sees it. */
export class SessionEntry {
  /** @format uuid */
  id!: string;
  /** As the device called itself at log-in. */
  device_name!: string | null;
  /** @format date-time */
  created_at!: string;
  /**
   * The last time new tokens were issued or first used: at most the life of an access token ago while it is in use.
   * @format date-time
   */
  last_seen_at!: string;
  /**
   * When it ends if it is not used.
   * @format date-time
   */
  expires_at!: string;
  /** Whether it is the one that asks. */
  current!: boolean;
}

/** All sessions of a user: there are 100 at most. */
export class SessionList {
  data!: SessionEntry[];
}

/** Which sessions to end. */
export class EndSessionsQuery {
  /** `current`: all but the one that asks. Without it: all. */
  @IsOptional()
  @IsIn(['current'])
  except?: 'current';
}

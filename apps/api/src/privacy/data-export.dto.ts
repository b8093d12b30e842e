import { ApiProperty } from '@nestjs/swagger';

/** In an order of its own: that of a union is the compiler's. */
const COUNTED_BY = ['address', 'source', 'session'];

/** What the service knows the user by: where one of these stands, the row is the user's. */
export class ExportedIdentifiers {
  /** @format uuid */
  account_id!: string;
  /**
   * What audit events know the user by.
   * @format uuid
   */
  subject_id!: string;
  /** An HMAC of the address, hexadecimal. Null: the account has no address. */
  address_key!: string | null;
  /** An HMAC of the account, hexadecimal: its changes of address are counted by it. */
  account_key!: string;
}

/** The account. */
export class ExportedAccount {
  username!: string | null;
  display_name!: string | null;
  /**
   * Calendar day.
   * @format date
   */
  birthdate!: string | null;
  locale!: string | null;
  roles!: string[];
  mfa_enabled!: boolean;
  /** @format date-time */
  created_at!: string;
  /** @format date-time */
  updated_at!: string;
  /**
   * Since when an administrator keeps the user out.
   * @format date-time
   */
  suspended_at!: string | null;
  /** @format date-time */
  changes_frozen_until!: string | null;
  /**
   * When the account will be erased, because its user wished it.
   * @format date-time
   */
  deletion_effective_at!: string | null;
  /** What the receipt of a deletion would name the account by, hexadecimal. */
  deletion_commitment!: string;
}

/** The address. */
export class ExportedAddress {
  email!: string;
  state!: string;
  last_event!: string;
  /** @format date-time */
  moved_at!: string;
  /**
   * The claim that was proven, for as long as its code may be sent again.
   * @format uuid
   */
  claim_id!: string | null;
  /** @format date-time */
  replayable_until!: string | null;
}

/** A session, alive or not yet removed. */
export class ExportedSession {
  /** @format uuid */
  id!: string;
  device_name!: string | null;
  /** @format date-time */
  created_at!: string;
  /** @format date-time */
  authenticated_at!: string;
  /** How the user was authenticated (RFC 8176). */
  amr!: string[];
  /** @format date-time */
  rotated_at!: string;
  /** @format date-time */
  last_seen_at!: string;
  /** @format date-time */
  ends_at!: string;
}

/** A link in a letter that was not used yet. */
export class ExportedLink {
  /** @format uuid */
  id!: string;
  /** What the link does. */
  purpose!: string;
  /** @format date-time */
  expires_at!: string;
  /** The address that it restores; null: none. */
  former_email!: string | null;
}

/** A change of address that waits for its code. */
export class ExportedEmailChange {
  /** @format uuid */
  id!: string;
  new_email!: string | null;
  /** Wrong codes so far. */
  tries!: number;
  /** @format date-time */
  expires_at!: string;
}

/** A letter that has not left yet. */
export class ExportedLetter {
  /** @format uuid */
  id!: string;
  kind!: string;
  /**
   * The link that it brings.
   * @format uuid
   */
  token_id!: string | null;
  /** @format date-time */
  written_at!: string;
  /** @format date-time */
  due_at!: string;
  /** @format date-time */
  window_closes_at!: string;
}

/** Letters that were counted. */
export class ExportedQuota {
  kind!: string;
  /** @format date-time */
  hour_started_at!: string;
  hour_count!: number;
  /** @format date-time */
  day_started_at!: string;
  day_count!: number;
  /** @format date-time */
  touched_at!: string;
}

/** Letters about registrations are kept back. */
export class ExportedMute {
  /** @format date-time */
  muted_until!: string;
}

/** A claim on the address that took a wrong code and was not activated. */
export class ExportedStruckClaim {
  /** @format uuid */
  claim_id!: string;
  /** @format date-time */
  struck_at!: string;
}

/** Wrong passwords that were counted. */
export class ExportedFailures {
  /** `source`: at the address from the source that asks; those from others, and of devices, nobody can name. */
  @ApiProperty({ enum: COUNTED_BY })
  counted_by!: 'address' | 'source' | 'session';
  /**
   * Of `session`: which one.
   * @format uuid
   */
  session_id!: string | null;
  /** @format date-time */
  window_started_at!: string;
  failures!: number;
}

/** Something that happened to the account. */
export class ExportedEvent {
  /** @format uuid */
  id!: string;
  /** @format date-time */
  occurred_at!: string;
  event!: string;
  /** An administrator did it. Where they came from is left out of the details. */
  by_somebody_else!: boolean;
  request_id!: string | null;
  /** Null: there are none, or they cannot be opened any more. */
  details!: Record<string, string> | null;
}

/** Something that the user did to another account, as an administrator. Whose, that one alone is told. */
export class ExportedAct {
  /** @format uuid */
  id!: string;
  /** @format date-time */
  occurred_at!: string;
  event!: string;
  request_id!: string | null;
}

/** Everything that refers to the user. GET /v1/privacy/inventory tells what each field is for. */
export class DataExport {
  /**
   * Everything but failures and events is as it was at this moment.
   * @format date-time
   */
  exported_at!: string;
  identifiers!: ExportedIdentifiers;
  account!: ExportedAccount;
  /** Null: the account has no address. */
  address!: ExportedAddress | null;
  sessions!: ExportedSession[];
  links!: ExportedLink[];
  email_changes!: ExportedEmailChange[];
  letters!: ExportedLetter[];
  quotas!: ExportedQuota[];
  mutes!: ExportedMute[];
  struck_claims!: ExportedStruckClaim[];
  failures!: ExportedFailures[];
  /** The oldest first. */
  audit_events!: ExportedEvent[];
  /** The oldest first. */
  acts_on_others!: ExportedAct[];
}

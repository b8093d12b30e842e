/** For how long audit events are kept: an interval of ISO 8601. The database holds to it by itself (`audit_drops_before`). */
export const AUDIT_RETENTION = 'P1Y';

/** A batch spans no more than this, and goes so long before the last of its events would have to. */
export const AUDIT_BATCH_SPAN = 'PT1H';

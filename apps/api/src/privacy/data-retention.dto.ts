import { retentionRules, type Inventory, type RetentionRule } from '#data/inventory';
import { watchOf } from '#data/retention-report';
import { LIFETIMES } from '#domain/annotation';

/** What the words in place of a period mean. */
export class Lifetimes {
  account!: string;
  claim!: string;
  service!: string;
}

/** Fields that stay for the same time. */
export class RetentionEntry {
  table!: string;
  classes!: string[];
  fields!: string[];
  /** A period (ISO 8601), or one of `lifetimes`. */
  retention!: string;
  /** The field that the period counts from; null: none. */
  from!: string | null;
  /** The field that holds the end; null: none. */
  until!: string | null;
  /** What the job does when that is past; null: nothing, for it ends otherwise. */
  act!: string | null;
}

/** What stays how long. */
export class DataRetention {
  /** Seconds between two runs of the job; 0: it runs at the start of the service alone, and requests clean up what they touch. */
  job_interval_seconds!: number;
  lifetimes!: Lifetimes;
  data!: RetentionEntry[];
}

/** The retention as it is published, table by table. */
export function dataRetention(inventory: Inventory, jobIntervalSeconds: number): DataRetention {
  return {
    job_interval_seconds: jobIntervalSeconds,
    lifetimes: LIFETIMES,
    data: retentionRules(inventory).map(entryOf),
  };
}

function entryOf(rule: RetentionRule): RetentionEntry {
  const { table, retention, from, until, columns } = rule;
  return {
    table,
    classes: [...new Set(columns.map((column) => column.class))],
    fields: columns.map(({ column }) => column),
    retention,
    from,
    until,
    act: watchOf(rule)?.act ?? null,
  };
}

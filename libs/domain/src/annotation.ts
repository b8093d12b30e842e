/** What a column is about. */
export const DATA_CLASSES = [
  'address',
  'credentials',
  'profile',
  'sessions',
  'letters',
  'limits',
  'tokens',
  'audit',
  'deletion',
  'keys',
  'service',
] as const;

/** One of them. */
export type DataClass = (typeof DATA_CLASSES)[number];

/**
 * Whom a column tells about: `yes`, somebody, readable by the operator; `pseudonym`, somebody, by a random id, an HMAC
 * or sealed; `no`, nobody.
 */
export const PERSONAL = ['yes', 'pseudonym', 'no'] as const;

/** One of them. */
export type Personal = (typeof PERSONAL)[number];

/** How long a column stays that has no period, in words for everybody. */
export const LIFETIMES = {
  account: 'As long as the account, or the claim before it: erasure removes it.',
  claim: 'Until the claim is proven, withdrawn or its deadline has passed.',
  service: 'As long as the service runs. It tells about nobody.',
} as const;

/** What ties the row of a column to a user; the column holds it. */
const TIES = ['account_id', 'email', 'address_key', 'subject_id', 'claim_id', 'budget'] as const;

/** One of them. */
export type Tie = (typeof TIES)[number];

/** What the comment of a column says: what it is for, whom it tells about, how long it stays. */
export interface Annotation {
  readonly class: DataClass;
  /** One sentence. */
  readonly purpose: string;
  readonly personal: Personal;
  /** A key of LIFETIMES, or a period (ISO 8601). */
  readonly retention: string;
  /** The column of the same row that the period counts from; null: none. */
  readonly from: string | null;
  /** The column of the same row that holds the end; null: none. */
  readonly until: string | null;
  readonly subject: Tie | null;
  /** Why its user is not given it; null: they are. */
  readonly withheld: string | null;
}

const KEYS = ['class', 'purpose', 'personal', 'retention', 'from', 'until', 'subject', 'export', 'because'];
const PERIOD = /^P(?=[\dT])(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?$/;

/** Whether a retention is a period, and not a word of LIFETIMES. */
export function isPeriod(retention: string): boolean {
  return PERIOD.test(retention);
}

/** Reads the comment of a column; for one that is none, or says what nobody knows, the fault in words. */
export function readAnnotation(comment: string | null): Annotation | string {
  const fields = fieldsOf(comment);
  if (typeof fields === 'string') return fields;
  const stranger = Object.keys(fields).find((key) => !KEYS.includes(key));
  if (stranger !== undefined) return `says ${stranger}, which nobody knows`;
  const { purpose = '', retention = '', from = null, until = null, because = null } = fields;
  const [kind, personal] = [oneOf(DATA_CLASSES, fields.class), oneOf(PERSONAL, fields.personal)];
  const subject = fields.subject === undefined ? null : oneOf(TIES, fields.subject);
  if (kind === undefined) return 'is of no known class';
  if (personal === undefined) return 'does not say whom it tells about';
  if (subject === undefined) return 'is tied to a user by nothing known';
  if (!/^\S.*\.$/.test(purpose)) return 'has no purpose that is a sentence';
  const fault = retentionFault(retention, from, until) ?? exportFault(fields.export, because);
  return fault ?? { class: kind, purpose, personal, retention, from, until, subject, withheld: because };
}

function retentionFault(retention: string, from: string | null, until: string | null): string | undefined {
  if (from !== null && until !== null) return 'counts from one column and until another';
  const isCounted = from !== null || until !== null;
  if (isPeriod(retention)) return isCounted ? undefined : 'has a period that begins and ends nowhere';
  if (!Object.hasOwn(LIFETIMES, retention)) return 'stays for no known time';
  return from === null ? undefined : 'counts from a column, and says not how long';
}

function exportFault(exported: string | undefined, because: string | null): string | undefined {
  if (exported !== undefined && exported !== 'no') return 'is exported in no known way';
  return (exported === 'no') === (because !== null) ? undefined : 'says not both, that it is withheld and why';
}

function oneOf<Word extends string>(words: readonly Word[], word: string | undefined): Word | undefined {
  return words.find((known) => known === word);
}

/** The fields of a JSON object of texts; the fault in words for anything else. */
function fieldsOf(comment: string | null): Readonly<Partial<Record<string, string>>> | string {
  if (comment === null) return 'has no comment';
  let value: unknown;
  try {
    value = JSON.parse(comment);
  } catch {
    return 'has a comment that is no JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'has a comment that is no object';
  const entries = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return entries.length === Object.keys(value).length
    ? Object.fromEntries(entries)
    : 'has a comment with something that is no text';
}

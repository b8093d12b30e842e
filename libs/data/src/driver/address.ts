/** Where PostgreSQL is, and as whom to speak to it. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** `encrypted`: by TLS, with whoever answers. `verified`: by TLS, with the owner of a certificate for the host. */
  readonly privacy: 'plain' | 'encrypted' | 'verified';
}

/** The URL of a database cannot be right. The message says why, and nothing of the URL but the name of an option. */
export class AddressInvalid extends Error {}

const PRIVACY = new Map<string, ServerAddress['privacy']>([
  ['disable', 'plain'],
  ['require', 'encrypted'],
  ['verify-full', 'verified'],
]);

/**
 * Reads `postgres://user:password@host:5432/database?sslmode=verify-full`. `sslmode` is the only option (`disable`,
 * which is the default, `require` or `verify-full`, as in libpq). Throws for anything else, and never says the URL.
 */
export function parseAddress(text: string): ServerAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || url.username === '')
    throw new AddressInvalid('the database URL is not like postgres://user:password@host:5432/database');
  const { sslmode = 'disable', ...others } = Object.fromEntries(url.searchParams);
  const privacy = PRIVACY.get(sslmode);
  const [other] = Object.keys(others);
  if (other !== undefined) throw new AddressInvalid(`the database URL has an option that is not known: ${other}`);
  if (privacy === undefined)
    throw new AddressInvalid('sslmode in the database URL must be disable, require or verify-full');
  const user = decoded(url.username);
  return {
    host: url.hostname.replace(/^\[|\]$/g, '') || 'localhost',
    port: Number(url.port || 5432),
    user,
    password: decoded(url.password),
    database: decoded(url.pathname.slice(1)) || user,
    privacy,
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new AddressInvalid('the database URL is not percent-encoded as it should be');
  }
}

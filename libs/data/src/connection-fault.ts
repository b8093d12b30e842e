import { AddressInvalid, DatabaseUnavailable, LoginRefused } from './database.ts';
import { parseAddress, type ServerAddress } from './driver/address.ts';

/** The reasons of DatabaseUnavailable that whoever runs a command can do something about, as the rest of a sentence. */
const UNAVAILABLE: Readonly<Record<string, string>> = {
  certificate: 'its certificate is not accepted',
  connection_lost: 'the connection was lost',
  host_unknown: 'the name of its host is not known',
  lock_timeout: 'a lock was not free in time',
  no_reply: 'it does not reply in time',
  no_tls: 'it does not speak TLS, which sslmode asks for',
  refused: 'nothing listens there',
  server_not_proven: 'it does not prove that it knows the password',
  starting: 'it is starting',
  too_many_connections: 'it has no connection left',
  unreachable: 'no way leads there',
};

/** The SQLSTATEs of a refused login. */
const REFUSED: Readonly<Record<string, (address: ServerAddress) => string>> = {
  '28000': ({ user }) => `it does not let "${user}" log in from here`,
  '28P01': ({ user }) => `the password of "${user}" is not right, or there is no such user`,
  '3D000': ({ database }) => `it has no database "${database}"`,
  '42501': ({ user, database }) => `"${user}" may not connect to the database "${database}"`,
};

/** Why the database of the URL cannot be used, in one line without the URL's password; undefined for any other failure. */
export function connectionFault(error: unknown, url: string): string | undefined {
  if (error instanceof AddressInvalid) return `${error.message}.`;
  if (error instanceof DatabaseUnavailable) return faultAt(url, UNAVAILABLE[error.reason] ?? spelled(error.reason));
  if (!(error instanceof LoginRefused)) return undefined;
  const reason = REFUSED[error.sqlState]?.(parseAddress(url));
  return faultAt(url, reason ?? `it does not let the user in (SQLSTATE ${error.sqlState})`);
}

function faultAt(url: string, reason: string): string {
  const { host, port } = parseAddress(url);
  const shown = host.includes(':') ? `[${host}]` : host;
  return `PostgreSQL at ${shown}:${port} cannot be used: ${reason}.`;
}

function spelled(reason: string): string {
  return reason.replaceAll('_', ' ');
}

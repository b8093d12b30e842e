import { isError } from './is-error.ts';

const SECRET_NAME =
  /pass|secret|token|authori[sz]|cookie|credential|pepper|mail|address|envelope|header|^(?:code|body|query|url|ip|source|key|to)$/i;
const LONGEST_TEXT = 4_000;

const CREDENTIALS_IN_URL = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/]*@/gi;
const QUERY = /\?[\w.~%-]+=[^\s"'<>)]*/g;
// Without a slash before the @: the path of a scoped package is no address.
const ADDRESS = /[^\s"'<>()[\],;:=/\\]+@[^\s"'<>()[\],;:]+/g;
const AUTHORIZATION = /\b(Basic|Bearer)\s+[\w+/=.~-]+/gi;
// Tokens, MACs and hashes are long runs of one alphabet; paths and words have a separator before 40 characters.
const LONG_SECRET = /\$argon2[^\s"']*|[A-Za-z0-9_+=-]{40,}/g;

/** A text without what looks like a credential, a query string, an e-mail address or a token. */
export function scrub(text: string): string {
  return text
    .slice(0, LONGEST_TEXT)
    .replace(CREDENTIALS_IN_URL, '$1[credentials]@')
    .replace(QUERY, '?[query]')
    .replace(AUTHORIZATION, '$1 [credentials]')
    .replace(LONG_SECRET, '[secret]')
    .replace(ADDRESS, (found) => (found.startsWith('[credentials]') ? found : '[address]'));
}

/** What may be logged of one field: a field named like a secret keeps its name alone, every text is scrubbed. */
export function redactField(name: string, value: unknown): unknown {
  if (value === undefined || value === null || typeof value === 'boolean') return value;
  if (SECRET_NAME.test(name)) return '[redacted]';
  switch (typeof value) {
    case 'number':
      return value;
    case 'bigint':
      return value.toString();
    case 'string':
      return scrub(value);
    default:
      return isError(value) ? redactError(value) : '[object]';
  }
}

/** An error as its kind, its scrubbed message and stack, and the same of its cause; never its other properties. */
export function redactError(error: unknown, depth = 0): unknown {
  if (!isError(error)) return { kind: typeof error };
  const cause = error.cause === undefined || depth > 2 ? {} : { cause: redactError(error.cause, depth + 1) };
  return { kind: error.name, message: scrub(error.message), stack: scrub(error.stack ?? ''), ...cause };
}

/** The text fields of a form; none when there is no form. */
export function formFields(body: unknown): ReadonlyMap<string, string> {
  if (typeof body !== 'object' || body === null) return new Map();
  const fields = Object.entries(body).filter((field): field is [string, string] => typeof field[1] === 'string');
  return new Map(fields);
}

const LONGEST_TOKEN = 512;

/** A token from a link or a form; empty when there is none, or more than a token can be. */
export function tokenOf(value: unknown): string {
  return typeof value === 'string' && value.length <= LONGEST_TOKEN ? value : '';
}

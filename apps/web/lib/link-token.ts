/** As long as the API takes one. */
const LONGEST_TOKEN = 512;

/** A token from a link or a form; empty when there is none, or more than a token can be. */
export function tokenOf(value: unknown): string {
  return typeof value === 'string' && value.length <= LONGEST_TOKEN ? value : '';
}

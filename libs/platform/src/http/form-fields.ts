/** The text fields of a form; none when there is no form. */
export function formFields(body: unknown): ReadonlyMap<string, string> {
  if (typeof body !== 'object' || body === null) return new Map();
  const fields = Object.entries(body).filter((field): field is [string, string] => typeof field[1] === 'string');
  return new Map(fields);
}

/** A place in the code has one array of parts, however often it runs. */
const TEXTS = new WeakMap<TemplateStringsArray, string>();

/** The text of a statement, with $1, $2 … for its values. */
export function statementText(parts: TemplateStringsArray): string {
  const known = TEXTS.get(parts);
  if (known !== undefined) return known;
  const text = parts.reduce((all, part, i) => `${all}$${i}${part}`);
  TEXTS.set(parts, text);
  return text;
}

/** Parts in which React writes the arguments of an action, as JSON: of one that a script calls, or of one that a form names. */
const PART = /^(?:\$ACTION_\d+:)?\d+$/;

/**
 * Whether what a form brings for actions is as React writes it for the forms of this application. Whatever else comes was made by
 * hand, and Next.js would find itself at fault.
 */
export function areReplyParts(form: FormData, isCall: boolean): boolean {
  try {
    for (const [name, value] of form) if (PART.test(name)) partOf(form, name, value);
    return !isCall || Array.isArray(partOf(form, '0', form.get('0')));
  } catch {
    return false;
  }
}

/** The same of an action that takes no form: its arguments, of which Next.js leaves out what the action does not use. */
export function isArgumentList(text: string): boolean {
  const form = new FormData();
  form.set('0', text);
  return areReplyParts(form, true);
}

function partOf(form: FormData, name: string, value: unknown): unknown {
  const prefix = name.slice(0, name.lastIndexOf(':') + 1);
  return JSON.parse(String(value), (_key, item: unknown) => {
    if (typeof item === 'string' && item.startsWith('$') && !isKnown(item, prefix, form)) throw new Error(item);
    return item;
  });
}

/** A text that begins with $ has two. References are to nothing, to the form, or to another part. */
function isKnown(reference: string, prefix: string, form: FormData): boolean {
  if (reference.startsWith('$$') || reference === '$undefined' || /^\$K[\da-f]+$/.test(reference)) return true;
  return /^\$@[\da-f]+$/.test(reference) && form.has(`${prefix}${Number.parseInt(reference.slice(2), 16)}`);
}

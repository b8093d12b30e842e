const NOWHERE = '/account';
/** Longer than any page of this application is called. */
const LONGEST = 2_048;
/** Any origin will do to read a path with: what leads away from it leads away from here. */
const HERE = 'http://here.invalid';

/** A path of this application to go on to, with its query; whatever else a link says leads to the account. */
export function nextPath(wanted: unknown): string {
  // Visible ASCII is all that a path has which was read from an address. Browsers take a backslash for a slash, and leave others out.
  if (typeof wanted !== 'string' || wanted.length > LONGEST || !/^\/(?!\/)[!-[\]-~]*$/.test(wanted)) return NOWHERE;
  // As a browser reads it: `/.//evil.example` becomes `//evil.example`, which is another site to whoever reads that.
  const { origin, pathname, search } = new URL(wanted, HERE);
  return origin === HERE && !pathname.includes('//') ? pathname + search : NOWHERE;
}

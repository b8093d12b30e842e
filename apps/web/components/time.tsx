/** A moment, to the minute. */
export function Time({ at }: { readonly at: string }) {
  const iso = new Date(at).toISOString();
  return (
    <time className="nowrap" dateTime={iso}>
      {iso.slice(0, 10)} {iso.slice(11, 16)} UTC
    </time>
  );
}

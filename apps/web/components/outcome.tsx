/** What came of a form, of a search, or of a link. */
export function Outcome({
  state: { fault, done },
}: {
  readonly state: { readonly fault?: string | undefined; readonly done?: string };
}) {
  return (
    <>
      {fault !== undefined && (
        <p className="note fault" role="alert">
          {fault}
        </p>
      )}
      {done !== undefined && (
        <p className="note" role="status">
          {done}
        </p>
      )}
    </>
  );
}

/** What came of a form, of a search, or of a link. A form puts the focus here, unless a field is marked. */
export function Outcome({
  state: { fault, done },
}: {
  readonly state: { readonly fault?: string | undefined; readonly done?: string };
}) {
  return (
    <>
      {fault !== undefined && (
        <p className="note fault" role="alert" tabIndex={-1}>
          {fault}
        </p>
      )}
      {done !== undefined && (
        <p className="note" role="status" tabIndex={-1}>
          {done}
        </p>
      )}
    </>
  );
}

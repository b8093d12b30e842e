/** Some mail programs break long links: then a page lacks the token that it is for. */
export function BrokenLink() {
  return (
    <p className="note fault" role="alert">
      A part of the link is missing. Please open it in the letter again, or copy all of it.
    </p>
  );
}

'use client';

/** Something failed on the way to a page. The session is as it was. */
export default function ErrorPage() {
  return (
    <div className="narrow">
      <title>Something went wrong · Troth</title>
      <div className="card" role="alert">
        <h1>Something went wrong</h1>
        <p>Nothing is lost, and you are as logged in as before. Please try again in a while.</p>
        <div className="actions">
          <a className="button" href="">
            Try again
          </a>
        </div>
      </div>
    </div>
  );
}

'use client';

import './styles/base.css';
import './styles/frame.css';
import './styles/forms.css';
import './styles/parts.css';

/** Something failed in the frame of all pages, so that nothing of it is there. */
export default function GlobalErrorPage() {
  return (
    <html lang="en">
      <body>
        <title>Something went wrong · Troth</title>
        <main className="narrow" role="alert">
          <h1>Something went wrong</h1>
          <p>Nothing is lost, and you are as logged in as before. Please try again in a while.</p>
          <p>
            <a href="">Try again</a>
          </p>
        </main>
      </body>
    </html>
  );
}

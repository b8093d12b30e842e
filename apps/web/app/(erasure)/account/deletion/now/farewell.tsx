import type { RefObject } from 'react';

import { Time } from '../../../../../components/time.tsx';
import { classOf } from '../../../../../lib/privacy-words.ts';
import { counted } from '../../../../../lib/spans.ts';
import type { Farewell } from './actions.ts';

/** What went, what stays, and the proof. */
export function FarewellCard({
  farewell,
  heading,
}: {
  readonly farewell: Farewell;
  readonly heading: RefObject<HTMLHeadingElement | null>;
}) {
  return (
    <>
      <div className="card">
        <h1 ref={heading} tabIndex={-1}>
          Your account is erased
        </h1>
        <p>
          You are logged out everywhere. The last letter is on its way to your address; it says the same as this page.
        </p>
        <Proof farewell={farewell} />
      </div>
      <div className="card">
        <h2>What is gone</h2>
        <ul>
          {farewell.erased.map((entry) => (
            <li key={entry.class}>
              {classOf(entry.class).title} <span className="quiet">({counted(entry.count, 'row')})</span>
            </li>
          ))}
        </ul>
        <h2>What stays for a while</h2>
        <ul className="list">
          {farewell.retained.map((entry) => (
            <li key={entry.reason}>
              <span>{entry.reason}</span>
              <span className="hint">
                Until <Time at={entry.until} /> at most
              </span>
            </li>
          ))}
        </ul>
      </div>
    </>
  );
}

function Proof({ farewell: { receipt, opening, service } }: { readonly farewell: Farewell }) {
  return (
    <>
      <p>
        <strong>Keep the receipt.</strong> This page shows it once, and nobody keeps a copy. It proves the erasure to
        anybody and names nobody. The two numbers beside it prove that it is about you.
      </p>
      <form method="post" action="/goodbye/receipt">
        <input type="hidden" name="receipt" value={receipt} />
        <input type="hidden" name="account_id" value={opening.account_id} />
        <input type="hidden" name="salt" value={opening.salt} />
        <button type="submit">Download the receipt</button>
      </form>
      <details className="inventory">
        <summary>Look at it</summary>
        <pre>{receipt}</pre>
        <dl>
          <dt>account_id</dt>
          <dd>{opening.account_id}</dd>
          <dt>salt</dt>
          <dd>{opening.salt}</dd>
        </dl>
      </details>
      <h2>How to verify it</h2>
      <ol>
        <li>
          The receipt is a JSON Web Signature (RFC 7515) of type <code>deletion-receipt+jwt</code>. The keys to verify
          it with are at <code>{service}/.well-known/jwks.json</code>; with a copy of them nobody needs to be asked.
        </li>
        <li>
          It is about you: SHA-256 over the 32 bytes of the salt and the 16 bytes of the account_id, in base64url, is
          its <code>commitment</code>.
        </li>
        <li>
          The service says whether the account is gone: post <code>{'{"receipt":"…"}'}</code> to{' '}
          <code>{service}/v1/deletion-receipts/verify</code>.
        </li>
      </ol>
    </>
  );
}

import type { components } from '@troth/client';
import { useEffect, useRef } from 'react';

import { Link } from '../../../../../components/link.tsx';
import { Time } from '../../../../../components/time.tsx';
import { classOf } from '../../../../../lib/privacy-words.ts';

/** What proves an erasure, what went and what stays for a while. */
export function Receipt({
  receipt: { receipt, erased, retained },
}: {
  readonly receipt: components['schemas']['ErasureReceipt'];
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  // The form that asked is gone, and its button with it.
  useEffect(() => heading.current?.focus(), []);
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        The account is erased
      </h1>
      <p>
        This receipt proves it to anybody, and holds no personal data. Keep it now if you need it: it is not shown
        again. What tells whose account it was has gone to the user alone, by mail.
      </p>
      <label htmlFor="receipt">Receipt</label>
      <textarea id="receipt" rows={6} readOnly value={receipt} />
      <h2>What was erased</h2>
      <dl className="facts">
        {erased.map((it) => (
          <div key={it.class}>
            <dt>{classOf(it.class).title}</dt>
            <dd>{it.count}</dd>
          </div>
        ))}
      </dl>
      <h2>What stays for a while</h2>
      <ul>
        {retained.map((it) => (
          <li key={it.class}>
            {classOf(it.class).title}, until <Time at={it.until} /> at most. {it.reason}
          </li>
        ))}
      </ul>
      <div className="actions">
        <Link className="button" href="/admin/users">
          All users
        </Link>
      </div>
    </>
  );
}

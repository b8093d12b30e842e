import type { Metadata } from 'next';
import { cookies } from 'next/headers';

import { Link } from '../../../../../components/link.tsx';
import { REFRESH } from '../../../../../lib/cookies.ts';
import { requireSession } from '../../../../../lib/session.ts';
import { load } from '../../../../../lib/troth.ts';
import { Erasure } from './erasure.tsx';
import { Forecast } from './forecast.tsx';

export const metadata: Metadata = { title: 'Delete the account' };

/** It stands outside the layout of the account, which is for users alone: this page has to outlive its user's session. */
export default async function DeleteNowPage() {
  // The erasure has just emptied it; whoever has no session at all never gets that far.
  const isGone = (await cookies()).get(REFRESH)?.value === '';
  if (!isGone) await requireSession();
  const me = isGone ? undefined : await load((troth) => troth.api.GET('/v1/me'));
  return (
    <div className="middle">
      <Erasure toType={me && (me.email ?? 'delete')}>
        {me !== undefined && (
          <>
            <p>
              <Link href="/account/deletion">Back to your data</Link>
            </p>
            <div className="card">
              <h1>Delete the account now</h1>
              <p>
                This happens at once and for good. Nobody can undo it, and the address can be registered again by
                whoever reads its letters.
              </p>
              <Forecast />
            </div>
          </>
        )}
      </Erasure>
    </div>
  );
}

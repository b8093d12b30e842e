import type { Metadata } from 'next';
import { headers } from 'next/headers';

import { requireAdmin } from '../../../../../lib/session.ts';
import { NoUser } from '../../no-user.tsx';
import { nameOf } from '../../status.tsx';
import { readUser } from '../read-user.ts';
import { EraseForm } from './form.tsx';

export const metadata: Metadata = { title: 'Delete an account' };

export default async function DeletePage({ params }: { readonly params: Promise<{ readonly id: string }> }) {
  const { userId } = await requireAdmin();
  const { id } = await params;
  // Without a script the page is made again to show the receipt, and by then there may be nobody to be read.
  const wasSent = (await headers()).has('content-type');
  const found = wasSent ? undefined : await readUser(id);
  if (!wasSent && found === undefined) return <NoUser />;
  return (
    <div className="card">
      <EraseForm id={id} name={found && nameOf(found.user)}>
        {id === userId && <p className="note fault">This is your own account. You are out at once.</p>}
        <ul>
          <li>The account goes at once and for good, with its sessions and everything it proves itself by.</li>
          <li>A deletion that the user has scheduled is not waited for, and this one cannot be taken back.</li>
          <li>The address is free again: whoever has it may register anew.</li>
          <li>The user gets a last letter, which says that an administrator did it.</li>
          <li>
            Audit events stay, but nobody can tell any more whom they were about. You see a receipt, once, that proves
            the erasure.
          </li>
        </ul>
      </EraseForm>
    </div>
  );
}

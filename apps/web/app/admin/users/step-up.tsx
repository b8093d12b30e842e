import { decodeJwt } from 'jose';

import { Link } from '../../../components/link.tsx';
import { requireAdmin } from '../../../lib/session.ts';

/** Seconds for which a password counts as shown; some fewer than the API has it, for the time that a form takes. */
const STEP_UP_SECONDS = 240;

/** Says in advance that the password will be asked for, so that nothing is typed twice. */
export async function StepUp({ next }: { readonly next: string }) {
  const { auth_time } = decodeJwt((await requireAdmin()).accessToken);
  if (typeof auth_time === 'number' && Date.now() / 1_000 - auth_time < STEP_UP_SECONDS) return undefined;
  return (
    <p className="hint">
      Changes want your password again, if it was shown more than five minutes ago.{' '}
      <Link href={`/reauthenticate?next=${encodeURIComponent(next)}`}>Show it first</Link>, and nothing that you type
      here is lost.
    </p>
  );
}

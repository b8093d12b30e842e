'use client';

import type { components } from '@troth/client';

import { Form, Submit } from '../../../components/form.tsx';
import { Time } from '../../../components/time.tsx';
import { endSessions } from './actions.ts';

type SessionEntry = components['schemas']['SessionEntry'];

export function SessionsForm({ sessions }: { readonly sessions: readonly SessionEntry[] }) {
  return (
    <Form action={endSessions}>
      {() => (
        <>
          <ul className="list">
            {sessions.map((session) => (
              <Entry key={session.id} session={session} />
            ))}
          </ul>
          <div className="actions">
            {sessions.length > 1 && (
              <Submit kind="plain" name="which" value="others">
                End all others
              </Submit>
            )}
            {/* No server action: the browser leaves what it was shown here. */}
            <Submit kind="danger" formAction="/log-out/everywhere" formMethod="post">
              End all, and log out
            </Submit>
          </div>
        </>
      )}
    </Form>
  );
}

function Entry({ session }: { readonly session: SessionEntry }) {
  const name = session.device_name ?? 'A device without a name';
  return (
    <li>
      <div>
        <strong>
          <bdi>{name}</bdi>
        </strong>{' '}
        {session.current && <span className="badge">this one</span>}
        <p className="hint">
          Logged in <Time at={session.created_at} />, last seen <Time at={session.last_seen_at} />. Unused it ends{' '}
          <Time at={session.expires_at} />.
        </p>
      </div>
      {!session.current && (
        <Submit kind="plain" name="id" value={session.id}>
          End{' '}
          <span className="unseen">
            <bdi>{name}</bdi>, logged in <Time at={session.created_at} />
          </span>
        </Submit>
      )}
    </li>
  );
}

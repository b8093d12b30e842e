'use client';

import type { ReactNode } from 'react';

import { Field } from '../../../../components/field.tsx';
import { Form, Submit } from '../../../../components/form.tsx';
import type { User } from '../status.tsx';
import { changeUser, endSessions, suspendOrReinstate } from './actions.ts';

type Values = Readonly<Record<string, string>>;

/** The longest reason that the API takes. */
const LONGEST_REASON = 500;

export function UserForm({ user, etag }: { readonly user: User; readonly etag: string }) {
  const isAdmin = user.roles.includes('admin');
  return (
    <Form action={changeUser}>
      {(state) => (
        <>
          <Hidden
            values={{
              id: user.id,
              etag,
              former_username: user.username ?? '',
              former_display_name: user.display_name ?? '',
              former_locale: user.locale ?? '',
              former_admin: isAdmin ? 'yes' : '',
            }}
            // What was typed goes on top of what was seen then. Without a script the page has been read anew meanwhile.
            sent={state.values}
          />
          <Field
            label="User name"
            name="username"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            hint="3 to 30 small letters, digits, dots, hyphens and underscores; the first one is a letter."
            defaultValue={user.username ?? ''}
            state={state}
          />
          <Field
            label="Display name"
            name="display_name"
            autoComplete="off"
            defaultValue={user.display_name ?? ''}
            state={state}
          />
          <Field
            label="Language"
            name="locale"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            hint="A language tag, such as en or de-CH. Letters go by it."
            defaultValue={user.locale ?? ''}
            state={state}
          />
          <div className="field">
            <label className="check">
              <input
                type="checkbox"
                name="admin"
                value="yes"
                defaultChecked={state.values === undefined ? isAdmin : state.values.admin !== undefined}
              />
              Administrator
            </label>
          </div>
          <Submit>Save</Submit>
        </>
      )}
    </Form>
  );
}

export function SuspensionForm({ id, isSuspended }: { readonly id: string; readonly isSuspended: boolean }) {
  return (
    <Form action={suspendOrReinstate}>
      {(state) => (
        <>
          <Hidden values={{ id, act: isSuspended ? 'reinstate' : 'suspend' }} />
          <Field
            // A reason for the one is none for the other.
            key={String(isSuspended)}
            label="Reason"
            name="reason"
            autoComplete="off"
            maxLength={LONGEST_REASON}
            required={!isSuspended}
            hint="The user reads it among the activity of the account."
            state={state}
          />
          {isSuspended ? <Submit kind="plain">End the suspension</Submit> : <Submit kind="danger">Suspend</Submit>}
        </>
      )}
    </Form>
  );
}

export function SessionsForm({ id }: { readonly id: string }) {
  return (
    <Form action={endSessions}>
      {(state) => (
        <>
          <Hidden values={{ id }} />
          <Field
            label="Reason"
            name="sessions_reason"
            autoComplete="off"
            maxLength={LONGEST_REASON}
            hint="The user reads it among the activity of the account."
            state={state}
          />
          <Submit kind="danger">End all sessions</Submit>
        </>
      )}
    </Form>
  );
}

function Hidden({ values, sent }: { readonly values: Values; readonly sent?: Values | undefined }): ReactNode {
  return Object.entries(values).map(([name, value]) => (
    <input key={name} type="hidden" name={name} value={sent?.[name] ?? value} />
  ));
}

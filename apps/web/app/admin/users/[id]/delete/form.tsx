'use client';

import { type ReactNode, useActionState } from 'react';

import { Link } from '../../../../../components/link.tsx';
import { Field } from '../../../../../components/field.tsx';
import { StatedForm, Submit } from '../../../../../components/form.tsx';
import { NoUser } from '../../no-user.tsx';
import { eraseUser, type EraseState } from './actions.ts';
import { Receipt } from './receipt.tsx';

interface EraseFormProps {
  readonly id: string;
  /** What has to be typed. Undefined: it was not read again, and what was sent says it. */
  readonly name: string | undefined;
  readonly children: ReactNode;
}

/** Asks again, deletes, and shows the receipt in its place. */
export function EraseForm({ id, name: given, children }: EraseFormProps) {
  const [state, send] = useActionState<EraseState, FormData>(eraseUser, {});
  const name = given ?? state.values?.name;
  if (state.receipt !== undefined) return <Receipt receipt={state.receipt} />;
  if (name === undefined) return <NoUser />;
  return (
    <>
      <h1>Delete this account</h1>
      <p>
        This is about <strong>{name}</strong>.
      </p>
      {children}
      <StatedForm state={state} send={send}>
        <input type="hidden" name="id" value={id} />
        <input type="hidden" name="name" value={name} />
        <Field
          label={`Type ${name} to go on`}
          name="confirmation"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          required
          state={state}
        />
        <div className="actions">
          <Submit kind="danger">Delete for good</Submit>
          <Link className="button plain" href={`/admin/users/${id}`}>
            Keep it
          </Link>
        </div>
      </StatedForm>
    </>
  );
}

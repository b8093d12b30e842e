'use client';

import { Form, Submit } from '../../components/form.tsx';
import { NewPassword } from '../../components/new-password.tsx';
import type { FormState } from '../../lib/forms.ts';
import { RequestFields } from '../forgot/form.tsx';
import { reset } from './actions.ts';

/** What the form shows: the new password is asked for, or the address to mail another link to. */
export interface ResetState extends FormState {
  readonly wantsLink?: boolean;
}

export function ResetForm({ token, ownerToken }: { readonly token: string; readonly ownerToken: string }) {
  return (
    <Form action={reset} className="full">
      {(state: ResetState) => (
        <>
          {/* With it the next letter comes, whoever used the quota of the address up. */}
          <input type="hidden" name="owner_token" value={ownerToken} />
          {token === '' || state.wantsLink === true ? (
            <>
              <input type="hidden" name="act" value="request" />
              <RequestFields state={state} label="Mail me another link" />
            </>
          ) : (
            <>
              <input type="hidden" name="token" value={token} />
              <NewPassword name="new_password" state={state} />
              <Submit>Set the password</Submit>
            </>
          )}
        </>
      )}
    </Form>
  );
}

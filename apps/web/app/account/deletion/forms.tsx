'use client';

import { Field } from '../../../components/field.tsx';
import { Form, Submit } from '../../../components/form.tsx';
import { Time } from '../../../components/time.tsx';
import { changeDeletion } from './actions.ts';

/** One form for both ways, so that what came of the one stands above the other. */
export function DeletionForm({ effectiveAt }: { readonly effectiveAt: string | undefined }) {
  return (
    <Form action={changeDeletion}>
      {(state) =>
        effectiveAt === undefined ? (
          <>
            <Field
              label="Days from now"
              name="after_days"
              type="number"
              inputMode="numeric"
              min={1}
              max={30}
              hint="1 to 30. Until then everything works, and you can take it back here."
              defaultValue="30"
              required
              state={state}
            />
            <Submit kind="danger">Schedule the deletion</Submit>
          </>
        ) : (
          <>
            <input type="hidden" name="keep" value="1" />
            <p>
              Your account will be erased on{' '}
              <strong>
                <Time at={effectiveAt} />
              </strong>
              . Until then everything works as before.
            </p>
            <Submit>Keep the account</Submit>
          </>
        )
      }
    </Form>
  );
}

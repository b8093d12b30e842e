'use server';

import type { components } from '@troth/client';

import { type FormState, submit, text } from '../../../../../lib/forms.ts';
import { MARKED } from '../../../../../lib/messages.ts';
import { troth } from '../../../../../lib/troth.ts';

/** What the form shows: once it is done, the receipt, which is nowhere else. */
export interface EraseState extends FormState {
  readonly receipt?: components['schemas']['ErasureReceipt'];
}

export async function eraseUser(_state: EraseState, form: FormData): Promise<EraseState> {
  let receipt: EraseState['receipt'];
  const state = await submit(form, async () => {
    // The name is typed against slips; what is deleted goes by the id.
    const [name, confirmation] = [text(form, 'name'), text(form, 'confirmation')];
    if (confirmation.trim().toLowerCase() !== name.toLowerCase())
      return {
        fault: `Nothing was deleted. ${MARKED}`,
        fields: { confirmation: `This is not ${name}.` },
        values: { name, confirmation },
      };
    const { api } = await troth();
    const { data } = await api.DELETE('/v1/admin/users/{id}', { params: { path: { id: text(form, 'id') } } });
    receipt = data;
    return undefined;
  });
  return receipt === undefined ? state : { ...state, receipt };
}

'use server';

import type { components } from '@troth/client';
import { cookies } from 'next/headers';

import { DELETED, DEVICE, dropTokens } from '../../../../../lib/cookies.ts';
import { type FormState, submit, text } from '../../../../../lib/forms.ts';
import { MARKED } from '../../../../../lib/messages.ts';
import { TROTH_ISSUER } from '../../../../../lib/settings.ts';
import { troth } from '../../../../../lib/troth.ts';
import { dropChange } from '../../../../account/email/change.ts';

type OwnErasure = components['schemas']['OwnErasure'];

/** What the API answers to an erasure, and where the key is that proves it. */
export interface Farewell extends OwnErasure {
  readonly service: string;
}

export interface ErasureState extends FormState {
  /** The account is gone, and this is the only time that anybody is told this. */
  readonly farewell?: Farewell;
}

/** Erases the account. What proves it is answered to the form alone: it is nowhere else afterwards but in the last letter. */
export async function erase(_state: ErasureState, form: FormData): Promise<ErasureState> {
  let farewell: Farewell | undefined;
  const state = await submit(form, async () => {
    const { api } = await troth();
    const { data: me } = await api.GET('/v1/me');
    const address = text(form, 'address');
    if (address.trim().toLowerCase() !== (me.email ?? 'delete'))
      return {
        fault: `Nothing was deleted. ${MARKED}`,
        fields: { address: 'This is not what stands above.' },
        values: { address },
      };
    const { data } = await api.DELETE('/v1/me');
    farewell = { ...data, service: TROTH_ISSUER };
    const jar = await cookies();
    dropTokens(jar);
    // It names the account, and is good for nothing any more.
    jar.set(DEVICE, '', DELETED);
    await dropChange();
    return {};
  });
  return farewell === undefined ? state : { farewell };
}

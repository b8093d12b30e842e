import 'server-only';

import { type Troth, TrothProblem } from '@troth/client';
import { redirect } from 'next/navigation';

import { fieldFaults } from '../../lib/field-faults.ts';
import { messageOf } from '../../lib/messages.ts';
import { NO_ADMIN, requireAdmin } from '../../lib/session.ts';
import { load } from '../../lib/troth.ts';

type Read<Data> = (client: Troth) => Promise<{ readonly data: Data }>;

/** What came of a search: what was found, or what is wrong with the fields, by their names. */
export type Found<Data> =
  | { readonly data: Data; readonly fields?: never; readonly fault?: never }
  | { readonly data?: never; readonly fields: Readonly<Record<string, string>>; readonly fault: string };

/** Reads for a page of administrators. Whoever lost the role goes to the account. */
export async function read<Data>(how: Read<Data>): Promise<Data> {
  await requireAdmin();
  try {
    return await load(how);
  } catch (error) {
    // The access token may be older than the loss of the role.
    if (error instanceof TrothProblem && error.code === 'forbidden') redirect(NO_ADMIN);
    throw error;
  }
}

/** The same for a search, whose words the API may refuse. */
export async function find<Data>(how: Read<Data>): Promise<Found<Data>> {
  try {
    return { data: await read(how) };
  } catch (error) {
    if (!(error instanceof TrothProblem) || error.code !== 'validation-failed') throw error;
    const fields = fieldFaults(error.errors);
    return {
      fields,
      fault:
        fields.cursor === undefined ? messageOf(error) : 'This page of the list is not there. Please search again.',
    };
  }
}

import 'server-only';

import { TrothProblem } from '@troth/client';

import { read } from '../../read.ts';
import type { User } from '../status.tsx';

/**
 * One user, who is told of the look, and the ETag that a change of this state has to name. Undefined: there is nobody. The page
 * says so with a 200, since what Next.js answers to `notFound()` is blank without a script.
 */
export async function readUser(id: string): Promise<{ readonly user: User; readonly etag: string } | undefined> {
  try {
    return await read(async (troth) => {
      const { data: user, response } = await troth.api.GET('/v1/admin/users/{id}', { params: { path: { id } } });
      return { data: { user, etag: response.headers.get('etag') ?? '' } };
    });
  } catch (error) {
    if (error instanceof TrothProblem && error.code === 'not-found') return undefined;
    throw error;
  }
}

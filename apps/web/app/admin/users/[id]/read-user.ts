import 'server-only';

import { read } from '../../read.ts';
import type { User } from '../status.tsx';

/** One user, who is told of the look, and the ETag that a change of this state has to name. */
export async function readUser(id: string): Promise<{ readonly user: User; readonly etag: string }> {
  return read(async (troth) => {
    const { data: user, response } = await troth.api.GET('/v1/admin/users/{id}', { params: { path: { id } } });
    return { data: { user, etag: response.headers.get('etag') ?? '' } };
  });
}

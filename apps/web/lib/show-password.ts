import 'server-only';

import { TrothProblem } from '@troth/client';
import { cookies } from 'next/headers';

import { ACCESS, cookie } from './cookies.ts';
import { troth } from './troth.ts';

/** Shows the password of the user once more: for five minutes the session may do all. False: it is not the password. */
export async function showPassword(password: string): Promise<boolean> {
  const { api } = await troth();
  try {
    const { data } = await api.POST('/v1/sessions/current/reauthentication', { body: { password } });
    if (data.access_token === undefined) throw new Error('the answer holds no token');
    (await cookies()).set(ACCESS, data.access_token, cookie(data.expires_in));
    return true;
  } catch (error) {
    // What cannot be a password is not theirs either.
    const isWrong = error instanceof TrothProblem && ['invalid-credentials', 'validation-failed'].includes(error.code);
    if (isWrong) return false;
    throw error;
  }
}

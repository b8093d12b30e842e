'use server';

import { cookies, headers } from 'next/headers';
import { redirect } from 'next/navigation';

import { DEVICE, keepTokens } from '../../lib/cookies.ts';
import { deviceName } from '../../lib/device-name.ts';
import { type FormState, submit, text } from '../../lib/forms.ts';
import { nextPath } from '../../lib/next-path.ts';
import { openTroth } from '../../lib/troth.ts';

export async function logIn(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    const jar = await cookies();
    const name = text(form, 'name').trim();
    const deviceToken = jar.get(DEVICE)?.value;
    const { api } = await openTroth();
    const { data } = await api.POST('/v1/sessions', {
      body: {
        ...(name.includes('@') ? { email: name } : { username: name }),
        password: text(form, 'password'),
        device_name: deviceName((await headers()).get('user-agent')),
        ...(deviceToken ? { device_token: deviceToken } : {}),
      },
    });
    keepTokens(jar, data);
    redirect(nextPath(text(form, 'next')));
  });
}

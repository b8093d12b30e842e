import { decodeProtectedHeader } from 'jose';

import { text } from '../../../lib/forms.ts';

/** Longer than any receipt, and than any form with one. */
const LONGEST = 4_096;
const LONGEST_FORM = 2 * LONGEST;
const JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
const SALT = /^[\w-]{43}$/;

/** The receipt that a page shows, as a file: so it can be kept without a script. Nothing is stored, and nothing else is echoed. */
export async function POST(request: Request): Promise<Response> {
  // No other site gives files to people in the name of this one.
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin') return new Response(null, { status: 403 });
  // What does not say its length is not read: it could go on for ever.
  if (!(Number(request.headers.get('content-length') ?? Number.NaN) <= LONGEST_FORM))
    return new Response(null, { status: 413 });
  const form = await request.formData().catch(() => undefined);
  const [receipt, accountId, salt] = ['receipt', 'account_id', 'salt'].map((name) => (form ? text(form, name) : ''));
  if (!isReceipt(receipt) || !UUID.test(accountId ?? '') || !SALT.test(salt ?? ''))
    return new Response('This is no receipt.\n', { status: 400 });
  const kept = { receipt, opening: { account_id: accountId, salt } };
  return new Response(`${JSON.stringify(kept, null, 2)}\n`, {
    headers: {
      'content-type': 'application/json',
      'content-disposition': 'attachment; filename="deletion-receipt.json"',
    },
  });
}

function isReceipt(receipt: string | undefined): boolean {
  if (receipt === undefined || receipt.length > LONGEST || !JWS.test(receipt)) return false;
  try {
    return decodeProtectedHeader(receipt).typ === 'deletion-receipt+jwt';
  } catch {
    return false;
  }
}

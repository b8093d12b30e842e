import type { Middleware } from 'openapi-fetch';

import { problemOf, TrothProblem, textOf } from './problem.ts';

/** Routes that take a form (RFC 7662, RFC 7009) where all others take JSON: OpenAPI says the same, and a test compares. */
export const FORM_PATHS: ReadonlySet<string> = new Set(['/v1/oauth/introspect', '/v1/oauth/revoke']);

/** Sends the fields of a form as one. */
export const FORMS: Middleware = {
  onRequest: async ({ request, schemaPath }) => {
    if (!FORM_PATHS.has(schemaPath) || request.headers.get('content-type') !== 'application/json') return undefined;
    const fields = JSON.parse(await request.clone().text()) as Readonly<Record<string, string>>;
    const headers = new Headers(request.headers);
    headers.set('content-type', 'application/x-www-form-urlencoded');
    return new Request(request, { headers, body: new URLSearchParams(fields).toString() });
  },
};

/** Lets only answers through that came in full and are what was asked for. A stream is for its reader to look at. */
export const ANSWERS: Middleware = {
  onResponse: async ({ request, response, options: { parseAs } }) => {
    if (response.status === 304) return;
    if (!response.ok) throw await problemOf(response, request.signal);
    if (parseAs === 'stream') return;
    const text = await textOf(response.clone(), request.signal);
    if (parseAs === 'json' && text !== '' && !isJson(text)) throw new TrothProblem(response);
  },
};

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

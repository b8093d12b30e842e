import type { FastifyRequest } from 'fastify';

import { Problem } from '#platform/problems/problem';

const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;\s*charset\s*=\s*(?:utf-8|"utf-8")\s*)?;?\s*$/i;
const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*(?:utf-8|"utf-8")\s*)?;?\s*$/i;
/** What a PATCH may call its JSON (RFC 7396). Whatever it is called, it is read as that. */
export const MERGE_PATCH = 'application/merge-patch+json';
const PATCH_TYPE = /^application\/(?:merge-patch\+)?json\s*(?:;\s*charset\s*=\s*(?:utf-8|"utf-8")\s*)?;?\s*$/i;
const TEXT = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g;
/** No request of ours nests deeper; much deeper ones could exhaust the stack of whoever walks them. */
const DEEPEST = 16;
/** The body is not read, so the connection cannot be used again. */
const CLOSING = { headers: { connection: 'close' } };

/**
 * Refuses a body that is too large (413) or not plain JSON in UTF-8 (415), for a PATCH a merge patch as well, before any
 * of it is read; for a route of forms, a form in UTF-8 instead. Without a body all is well, whatever its type is said to be.
 */
export function refuseOtherBodies(
  { method, headers }: Pick<FastifyRequest, 'method' | 'headers'>,
  limit: number,
  kind: 'json' | 'form' = 'json',
): void {
  const length = Number(headers['content-length'] ?? 0);
  if (method === 'GET' || method === 'HEAD' || (headers['transfer-encoding'] === undefined && length === 0)) {
    delete headers['content-type'];
    return;
  }
  if (length > limit) throw new Problem('payload-too-large', CLOSING);
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  const jsonType = method === 'PATCH' ? PATCH_TYPE : JSON_TYPE;
  const type = kind === 'json' ? jsonType : FORM_TYPE;
  const isOurs = encoding === 'identity' && type.test(headers['content-type'] ?? '');
  if (!isOurs) throw new Problem('unsupported-media-type', CLOSING);
}

/** The JSON value of a body; undefined for an empty one. Throws Problem `malformed-request` for anything else. */
export function parseJsonBody(body: Uint8Array): unknown {
  if (body.length === 0) return undefined;
  const text = decoded(body);
  const value = parse(text);
  const names = refuseDepthAndPrototypes(value);
  if (names < namesIn(text)) throw malformed('The body names a field twice.');
  return value;
}

/** The fields of a form, the last of those that share a name. Throws Problem `malformed-request` for anything else. */
export function parseFormBody(body: Uint8Array): Readonly<Record<string, string>> {
  try {
    return Object.fromEntries(new URLSearchParams(new TextDecoder('utf-8', { fatal: true }).decode(body)));
  } catch {
    throw malformed('The body is no form in UTF-8.');
  }
}

function decoded(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw malformed('The body is not JSON in UTF-8.');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('The body is not JSON in UTF-8.');
  }
}

/** How many names a well-formed JSON text writes: texts with a colon behind them. Of equal ones JSON.parse keeps one. */
function namesIn(text: string): number {
  let names = 0;
  for (const [, colon] of text.matchAll(TEXT)) if (colon !== undefined) names += 1;
  return names;
}

// `__proto__` as a key of JSON is harmless until somebody copies it; here nobody gets to. Gives the number of names.
function refuseDepthAndPrototypes(root: unknown): number {
  let names = 0;
  let level: readonly unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    const containers = level.filter((value) => typeof value === 'object' && value !== null);
    if (containers.length > 0 && depth >= DEEPEST) throw malformed('The body nests too deep.');
    if (containers.some(isPrototypeAttack)) throw malformed('The body holds a forbidden key.');
    for (const container of containers) if (!Array.isArray(container)) names += Object.keys(container).length;
    level = containers.flatMap((container): readonly unknown[] => Object.values(container));
  }
  return names;
}

function isPrototypeAttack(value: object): boolean {
  if (Object.hasOwn(value, '__proto__')) return true;
  const constructor: unknown = Object.hasOwn(value, 'constructor') ? Reflect.get(value, 'constructor') : undefined;
  return typeof constructor === 'object' && constructor !== null && Object.hasOwn(constructor, 'prototype');
}

function malformed(detail: string): Problem {
  return new Problem('malformed-request', { detail });
}

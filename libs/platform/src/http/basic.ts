import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

import { Problem } from '#platform/problems/problem';

import { authorizationOf } from './raw-headers.ts';

/** Where the guard looks whether a route takes HTTP Basic credentials. */
export const BASIC = 'troth:basic';

/** The name of HTTP Basic in the OpenAPI document. */
export const BASIC_SCHEME = 'basic';

/** What stood in the Authorization header: decoded, well-formed, and nothing more than that. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
}

const SCHEME = /^basic +(\S+)$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
const CONTROL_CHARACTERS = /\p{Cc}/u;

/** The HTTP Basic credentials of a request; undefined when they are missing, given twice or malformed. */
export function credentialsOf(request: FastifyRequest): Credentials | undefined {
  return parseBasic(authorizationOf(request));
}

/** Credentials of RFC 7617, in UTF-8; undefined for anything that is not exactly that. */
export function parseBasic(header: string | undefined): Credentials | undefined {
  const encoded = SCHEME.exec(header ?? '')?.[1];
  if (encoded === undefined || !BASE64.test(encoded)) return undefined;
  const pair = decodeUtf8(Buffer.from(encoded, 'base64'));
  const colon = pair?.indexOf(':') ?? -1;
  if (pair === undefined || colon < 1 || CONTROL_CHARACTERS.test(pair)) return undefined;
  return { email: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

/**
 * The HTTP Basic credentials of the request. A route with this parameter is refused with 401 `unauthenticated`, before
 * anything is validated, when they are missing or malformed.
 */
export function Basic(): ParameterDecorator {
  const parameter = createParamDecorator((_: unknown, context: ExecutionContext): Credentials => {
    const credentials = credentialsOf(context.switchToHttp().getRequest<FastifyRequest>());
    if (!credentials) throw new Problem('unauthenticated');
    return credentials;
  });
  return (target, method, index) => {
    parameter()(target, method, index);
    const descriptor = method === undefined ? undefined : Reflect.getOwnPropertyDescriptor(target, method);
    if (method === undefined || descriptor === undefined)
      throw new TypeError('@Basic() belongs to a parameter of a route');
    SetMetadata(BASIC, true)(target, method, descriptor);
    ApiSecurity(BASIC_SCHEME)(target, method, descriptor);
  };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

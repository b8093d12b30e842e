import type { FetchResponse, MaybeOptionalInit } from 'openapi-fetch';
import type { PathsWithMethod, RequiredKeysOf } from 'openapi-typescript-helpers';

import type { paths } from './schema.ts';

type HttpMethod = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What an endpoint answered when it did not refuse. Of 204 `data` is undefined, and so it may be when an entity tag was sent. */
type Granted<Answer, Init> = Answer extends {
  readonly error?: never;
  readonly data: infer Data;
  readonly response: Response;
}
  ? { readonly data: Data | Unchanged<Init>; readonly response: Response }
  : never;

/** 304, which comes for `If-None-Match` alone, has no data. */
type Unchanged<Init> = Init extends { readonly params: { readonly header: { readonly 'If-None-Match': string } } }
  ? undefined
  : never;

type Call<Method extends HttpMethod> = <
  Path extends PathsWithMethod<paths, Method>,
  Init extends MaybeOptionalInit<paths[Path], Method>,
>(
  path: Path,
  ...init: RequiredKeysOf<Init> extends never ? [init?: Init] : [init: Init]
) => Promise<Granted<FetchResponse<NonNullable<paths[Path][Method]>, Init, 'application/json'>, Init>>;

/** Every endpoint by its path, as `api.GET('/v1/me')`. Calls reject when the service refuses. */
export interface Api {
  readonly GET: Call<'get'>;
  readonly POST: Call<'post'>;
  readonly PUT: Call<'put'>;
  readonly PATCH: Call<'patch'>;
  readonly DELETE: Call<'delete'>;
}

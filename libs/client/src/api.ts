import type { FetchResponse, MaybeOptionalInit } from 'openapi-fetch';
import type { PathsWithMethod, RequiredKeysOf } from 'openapi-typescript-helpers';

import type { paths } from './schema.ts';

type HttpMethod = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What an endpoint answered when it did not refuse; of 204 and 304 `data` is undefined. */
type Granted<Answer> = Answer extends { readonly error?: never; readonly response: Response } ? Answer : never;

type Call<Method extends HttpMethod> = <
  Path extends PathsWithMethod<paths, Method>,
  Init extends MaybeOptionalInit<paths[Path], Method>,
>(
  path: Path,
  ...init: RequiredKeysOf<Init> extends never ? [init?: Init] : [init: Init]
) => Promise<Granted<FetchResponse<NonNullable<paths[Path][Method]>, Init, 'application/json'>>>;

/** Every endpoint by its path, as `api.GET('/v1/me')`. Calls reject when the service refuses. */
export interface Api {
  readonly GET: Call<'get'>;
  readonly POST: Call<'post'>;
  readonly PUT: Call<'put'>;
  readonly PATCH: Call<'patch'>;
  readonly DELETE: Call<'delete'>;
}

import { RequestMethod, type INestApplicationContext, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA, RouteParamtypes } from '@nestjs/common/internal';
import { ModulesContainer } from '@nestjs/core';

import { BASIC } from '#platform/http/basic';
import { ADMIN_ONLY, BEARER } from '#platform/http/bearer';
import type { LimitName } from '#platform/limits/limits';
import { SOURCE_LIMIT, UNLIMITED } from '#platform/limits/source-limit';

/** A route of a controller, as its decorators declare it. */
export interface TableRoute {
  readonly method: string;
  readonly path: string;
  /** Its limit per source besides that for all. */
  readonly limit: LimitName | undefined;
  readonly isUnlimited: boolean;
  readonly isBasic: boolean;
  /** Whether it takes an access token. */
  readonly isBearer: boolean;
  /** Whether it is for administrators alone. */
  readonly isAdminOnly: boolean;
  /** The class of its body; undefined when it takes none. */
  readonly body: Type | undefined;
}

/** Every route of every controller there is, so that a test about all of them cannot forget a new one. */
export function routeTable(app: INestApplicationContext): readonly TableRoute[] {
  const modules = [...app.get(ModulesContainer).values()];
  const controllers = modules.flatMap((one) => [...one.controllers.values()].map(({ metatype }) => metatype as Type));
  return controllers.flatMap((controller) =>
    Object.entries(Object.getOwnPropertyDescriptors(controller.prototype as object))
      .filter(([name, { value }]) => name !== 'constructor' && Reflect.hasMetadata(METHOD_METADATA, value as object))
      .map(([name, { value }]) => routeOf(controller, name, value as object)),
  );
}

function routeOf(controller: Type, name: string, handler: object): TableRoute {
  const paths = [controller, handler].map((target) => Reflect.getMetadata(PATH_METADATA, target) as string);
  const extension = Reflect.getMetadata('swagger/apiExtension', handler) as object | undefined;
  return {
    method: RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number] ?? '',
    path: `/${paths
      .flatMap((path) => path.split('/'))
      .filter((part) => part !== '')
      .join('/')}`,
    limit: Reflect.getMetadata(SOURCE_LIMIT, handler) as LimitName | undefined,
    isUnlimited: extension !== undefined && UNLIMITED in extension,
    isBasic: Reflect.getMetadata(BASIC, handler) === true,
    isBearer: Reflect.getMetadata(BEARER, handler) === true,
    isAdminOnly: Reflect.getMetadata(ADMIN_ONLY, handler) === true,
    body: bodyOf(controller, name),
  };
}

function bodyOf(controller: Type, name: string): Type | undefined {
  const parameters = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) as
    Readonly<Record<string, { readonly index: number }>> | undefined;
  const body = Object.entries(parameters ?? {}).find(([kind]) => kind.startsWith(`${RouteParamtypes.BODY}:`));
  const types = Reflect.getMetadata('design:paramtypes', controller.prototype as object, name) as readonly Type[];
  return body && types[body[1].index];
}

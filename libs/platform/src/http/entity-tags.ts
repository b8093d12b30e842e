import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiExtension, ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

import { Problem } from '#platform/problems/problem';

import { frameRule } from './frame-rules.ts';

/** An entity tag (RFC 9110, 8.8.3). */
export interface EntityTag {
  readonly isWeak: boolean;
  /** What stands between the quotes. */
  readonly opaque: string;
}

/** What a precondition names: any state (`*`), or a list of tags. */
export type EntityTags = '*' | readonly EntityTag[];

/** The header fields that name entity tags (RFC 9110, 13.1.1 and 13.1.2). */
export type TagField = 'if-match' | 'if-none-match';

/** The extension of an operation whose answer carries an ETag, while the OpenAPI document is made. */
export const TAGGED = 'x-entity-tag';

const NAMES = { 'if-match': 'If-Match', 'if-none-match': 'If-None-Match' } as const;
const MEANINGS = {
  'if-match': 'Do it only if this is the present ETag, or one of these (RFC 9110, 13.1.1).',
  'if-none-match': 'The ETag of what is known already (RFC 9110, 13.1.2).',
} as const;
/** An item of the list, which may be empty (RFC 9110, 5.6.1), with what ends it. */
const ITEM = /[ \t]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*)?(?:,|$)/gy;
/** The digits of a revision fit into an int of the database. */
const REVISION = /^(\d{1,9})-([0-9a-f]{12})$/;

/** The tags of a request's header; undefined without it. A malformed one is answered 400 `malformed-request`. */
export function entityTagsOf(field: TagField, { headers }: Pick<FastifyRequest, 'headers'>): EntityTags | undefined {
  const text = headers[field];
  if (text === undefined) return undefined;
  if (text.trim() === '*') return '*';
  const items = [...text.matchAll(ITEM)];
  const tags = items.flatMap(([, weak, opaque]) => (opaque === undefined ? [] : [{ isWeak: weak === 'W/', opaque }]));
  const isWhole = items.reduce((length, [item]) => length + item.length, 0) === text.length;
  if (isWhole && tags.length > 0) return tags;
  throw new Problem('malformed-request', { detail: `${NAMES[field]} takes entity tags in quotes, or *.` });
}

/** The strong tag of one state of the thing with this id (a UUID). No state of another thing has the same. */
export function revisionTag(id: string, revision: number): string {
  return `"${revision}-${id.slice(-12)}"`;
}

/** The revisions of the thing that a condition names, compared strongly; null: whichever it is. */
export function revisionsIn(tags: EntityTags | undefined, id: string): readonly number[] | null {
  if (tags === undefined || tags === '*') return null;
  const parts = tags.filter(({ isWeak }) => !isWeak).map(({ opaque }) => REVISION.exec(opaque));
  return parts.flatMap((part) => (part?.[2] === id.slice(-12) ? [Number(part[1])] : []));
}

/** Whether a condition names this very tag, compared weakly. */
export function isNamedIn(tags: EntityTags | undefined, tag: string): boolean {
  if (tags === undefined) return false;
  return tags === '*' || tags.some(({ opaque }) => `"${opaque}"` === tag);
}

const Tags = createParamDecorator((field: TagField, context: ExecutionContext): EntityTags | undefined =>
  entityTagsOf(field, context.switchToHttp().getRequest<FastifyRequest>()),
);

function tagsOf(field: TagField): ParameterDecorator {
  return (target, method, index) => {
    Tags(field)(target, method, index);
    const descriptor = method === undefined ? undefined : Reflect.getOwnPropertyDescriptor(target, method);
    if (method === undefined || descriptor === undefined)
      throw new TypeError('entity tags belong to a parameter of a route');
    frameRule({ condition: field })(target, method, descriptor);
    ApiHeader({ name: NAMES[field], description: MEANINGS[field], required: false, schema: { type: 'string' } })(
      target,
      method,
      descriptor,
    );
  };
}

/** The tags of If-Match; undefined without it. A route with this parameter refuses a malformed one before all else. */
export const IfMatch = (): ParameterDecorator => tagsOf('if-match');

/** The same of If-None-Match. */
export const IfNoneMatch = (): ParameterDecorator => tagsOf('if-none-match');

/** The answer carries the ETag of what it shows. */
export const Tagged = (): MethodDecorator => ApiExtension(TAGGED, true);

import { STATUS_CODES } from 'node:http';

import type { OpenAPIObject } from '@nestjs/swagger';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
type Schema = Exclude<Schemas[string], { $ref: string }>;

/** An operation of the document. */
export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const FORMAT = /\s*@format (\S+)$/;
const SCHEMA = /^#\/components\/schemas\/(\w+)$/;

/** Every operation, path by path. */
export function operationsOf(document: OpenAPIObject): readonly Operation[] {
  return Object.values(document.paths).flatMap((path) => [path.get ?? [], writesOf(path)].flat());
}

/** Those of them whose request may have a body, if only an empty object. */
export function writingOperationsOf(document: OpenAPIObject): readonly Operation[] {
  return Object.values(document.paths).flatMap(writesOf);
}

function writesOf({ put, post, delete: remove, patch }: OpenAPIObject['paths'][string]): readonly Operation[] {
  return [put, post, remove, patch].filter((operation) => operation !== undefined);
}

/** What the Swagger plugin leaves out: formats, words for a success, and that a body takes no other fields. */
export function addDetails(document: OpenAPIObject): void {
  for (const operation of operationsOf(document)) {
    describeSuccess(operation);
    const body = schemaNamed(document, bodyOf(operation));
    if (body) body.additionalProperties = false;
  }
  for (const name of Object.keys(document.components?.schemas ?? {})) {
    for (const property of Object.values(schemaNamed(document, name)?.properties ?? {})) addFormat(property);
  }
}

function describeSuccess({ responses }: Operation): void {
  for (const [status, response] of Object.entries(responses)) {
    if (response && 'description' in response && response.description === '') {
      response.description = STATUS_CODES[status] ?? 'Success';
    }
  }
}

function bodyOf({ requestBody }: Operation): string | undefined {
  const schema = requestBody && 'content' in requestBody ? requestBody.content['application/json']?.schema : undefined;
  return schema && '$ref' in schema ? SCHEMA.exec(schema.$ref)?.[1] : undefined;
}

function schemaNamed(document: OpenAPIObject, name: string | undefined): Schema | undefined {
  const schema = name === undefined ? undefined : document.components?.schemas?.[name];
  return schema && !('$ref' in schema) ? schema : undefined;
}

function addFormat(property: Schemas[string]): void {
  if ('$ref' in property) return;
  const format = FORMAT.exec(property.description ?? '')?.[1];
  if (format === undefined) return;
  property.format = format;
  const description = property.description?.replace(FORMAT, '') ?? '';
  if (description === '') delete property.description;
  else property.description = description;
}

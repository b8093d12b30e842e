import { readFileSync } from 'node:fs';

/** A route, as the OpenAPI document tells of it. */
export interface DocumentedRoute {
  readonly method: string;
  /** With parameters in braces. */
  readonly path: string;
  /** Who may ask. `admin`: a session whose account has the role. */
  readonly access: 'anybody' | 'basic' | 'client' | 'session' | 'admin';
  /** Whether it wants a recent authentication. */
  readonly isSteppedUp: boolean;
  /** The fields of its JSON body; undefined: it takes none. */
  readonly fields: readonly string[] | undefined;
}

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

interface Operation {
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** What the service answers with; openapi.e2e-spec.ts holds the two together. */
const document = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as ApiDocument;

/** Every route of the OpenAPI document. */
export function documentedRoutes(): readonly DocumentedRoute[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      access: accessOf(path, operation),
      isSteppedUp: operation.responses['401']?.description.includes('`reauthentication-required`') ?? false,
      fields: fieldsOf(operation),
    })),
  );
}

function accessOf(path: string, { security = [] }: Operation): DocumentedRoute['access'] {
  const schemes = security.flatMap((one) => Object.keys(one));
  if (schemes.includes('bearer')) return path.startsWith('/v1/admin/') ? 'admin' : 'session';
  if (schemes.includes('basic')) return 'basic';
  return schemes.includes('client') ? 'client' : 'anybody';
}

/** The names of all fields that any schema of the document has. */
export function documentedFields(): readonly string[] {
  const names = Object.values(document.components.schemas).flatMap(({ properties = {} }) => Object.keys(properties));
  return [...new Set(names)].sort();
}

function fieldsOf({ requestBody }: Operation): readonly string[] | undefined {
  const schema = requestBody?.content['application/json']?.schema;
  if (!schema) return undefined;
  const named = schema.$ref === undefined ? schema : document.components.schemas[schema.$ref.split('/').at(-1) ?? ''];
  return Object.keys(named?.properties ?? {});
}

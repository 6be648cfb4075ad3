import type { Route } from '../src/route.ts';

/** A JSON schema of the OpenAPI document, as far as a sample needs it. */
type Schema = {
  type?: string | string[];
  example?: unknown;
  default?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  minItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
};
type Parameter = { $ref: string } | { name: string; in: string; required?: boolean; schema: Schema };
export type Operations = Record<
  string,
  Record<
    string,
    {
      parameters?: Parameter[];
      requestBody?: { content: Record<string, { schema: Schema }> };
      responses: Record<string, { $ref?: string; description?: string }>;
    }
  >
>;

/** A request that the OpenAPI document shows for a route: its required fields, with their documented examples. */
export const sampleRequest = (paths: Operations, route: Route): { path: string; init: RequestInit } => {
  const operation = paths[route.path]?.[route.method];
  const query = new URLSearchParams();
  let path = route.path;
  for (const parameter of operation?.parameters ?? []) {
    if ('$ref' in parameter || parameter.required !== true) continue;
    const value = String(sampleOf(parameter.schema));
    if (parameter.in === 'path') path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else query.set(parameter.name, value);
  }
  const schema = operation?.requestBody?.content['application/json']?.schema;
  return {
    path: query.size === 0 ? path : `${path}?${query}`,
    init: {
      method: route.method.toUpperCase(),
      ...(schema === undefined
        ? {}
        : { body: JSON.stringify(sampleOf(schema)), headers: { 'content-type': 'application/json' } }),
    },
  };
};

/** A value of a schema: its example, or the examples of its required fields. */
export const sampleOf = (schema: Schema): unknown => {
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum !== undefined) return schema.enum[0];
  const [first] = schema.anyOf ?? schema.oneOf ?? [];
  if (first !== undefined) return sampleOf(first);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'array') return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items ?? {}));
  if (type === 'boolean') return true;
  if (type === 'integer' || type === 'number') return 1;
  if (type === 'string') return 'text';
  const fields = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name));
  return Object.fromEntries(fields.map(([name, field]) => [name, sampleOf(field)]));
};

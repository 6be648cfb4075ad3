import { expect, test } from 'vitest';
import { openApiOfRoutes } from './openapi.ts';

type Schema = {
  required?: string[];
  description?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
};
type Content = { content?: Record<string, { schema: Schema }> };
type Operation = {
  operationId: string;
  parameters?: ({ $ref: string } | { name: string; description?: string; schema?: Schema })[];
  requestBody?: Content;
  responses: Record<string, Content>;
};

/** The fields of a schema that have no description, at any depth, as `operation field.field`. */
const bareFields = (schema: Schema, place: string): string[] => [
  ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    ...(field.description === undefined ? [`${place}.${name}`] : []),
    ...bareFields(field, `${place}.${name}`),
  ]),
  ...[schema.items ?? [], schema.anyOf ?? [], schema.oneOf ?? [], schema.allOf ?? []]
    .flat()
    .flatMap((part) => bareFields(part, place)),
];

test('OpenAPI: every field and every parameter of every operation has a description', () => {
  const document = JSON.parse(JSON.stringify(openApiOfRoutes())) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  const bare = operations.flatMap(({ operationId, parameters = [], requestBody, responses }) => [
    ...parameters.flatMap((each) =>
      '$ref' in each || each.description !== undefined || each.schema?.description !== undefined
        ? []
        : [`${operationId} ${each.name}`],
    ),
    ...[requestBody ?? {}, ...Object.values(responses)]
      .flatMap(({ content = {} }) => Object.values(content))
      .flatMap(({ schema }) => bareFields(schema, operationId)),
  ]);
  expect(
    bare,
    'describe these fields in packages/contracts: `.describe()` or `.meta({ description, example })`',
  ).toEqual([]);
});

test('OpenAPI: a field that may be absent is not required, in requests and in answers', () => {
  const { paths } = JSON.parse(JSON.stringify(openApiOfRoutes())) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const schemasOf = (path: string) => {
    const operation = paths[path]?.['put'];
    return [operation?.requestBody, operation?.responses['200']].map(
      (part) => part?.content?.['application/json']?.schema,
    );
  };
  const [plan, kept] = schemasOf('/api/v1/catalog/plans/{plan_code}');
  expect([plan?.required, plan?.properties?.['items']?.items?.required]).toEqual([['base_price_cents'], ['kind']]);
  expect(kept?.required).not.toContain('provider_bill');
  expect(kept?.required).toContain('offered_to');
  const [prices] = schemasOf('/api/v1/catalog/list-prices');
  expect(prices?.properties?.['prices']?.items?.required).toEqual(['kind']);
});

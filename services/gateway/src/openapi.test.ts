import { expect, test } from 'vitest';
import { openApiOfRoutes } from './openapi.ts';

type Schema = {
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

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openApiOfRoutes } from '../src/index.ts';
import { routes } from '../src/routes/index.ts';
import { openStage, type RunningGateway } from './stage.ts';

type Operation = {
  operationId: string;
  summary?: string;
  description?: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  parameters?: ({ $ref: string } | { name: string; in: string; required?: boolean; schema?: object })[];
  requestBody?: { content: Record<string, { schema?: object }> };
  responses: Record<string, { $ref?: string; description?: string; content?: Record<string, { schema?: object }> }>;
};
type Document = {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { securitySchemes: Record<string, object> };
};

let stage: Awaited<ReturnType<typeof openStage>>;
let gateway: RunningGateway;
let document: Document;

beforeAll(async () => {
  stage = await openStage();
  gateway = stage.gateway;
  document = (await (await gateway.send('/openapi.json', { token: null })).json()) as Document;
});
afterAll(() => stage[Symbol.asyncDispose]());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

test('OpenAPI: the document is version 3.1 and every reference in it resolves', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(document.info).toMatchObject({ title: 'Arcadia Cloud', version: expect.any(String) });
  const follow = (pointer: string): unknown =>
    pointer
      .slice(2)
      .split('/')
      .map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], document);
  const references: string[] = [];
  JSON.stringify(document, (key, value) => {
    if (key === '$ref' && typeof value === 'string') references.push(value);
    return value;
  });
  for (const reference of references) {
    expect(reference).toMatch(/^#\//);
    expect([reference, follow(reference)]).not.toEqual([reference, undefined]);
  }
});

test('OpenAPI: each operation has a unique id, a summary, a description, one tag, its parameters and its responses', () => {
  const names = operations().map(({ operation }) => operation.operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const { path, method, operation } of operations()) {
    const where = `${method} ${path}`;
    expect([where, operation.summary]).not.toEqual([where, undefined]);
    expect([where, operation.description]).not.toEqual([where, undefined]);
    expect([where, operation.tags?.length]).toEqual([where, 1]);
    const inPath = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name).toSorted();
    const declared = (operation.parameters ?? []).flatMap((each) => ('in' in each && each.in === 'path' ? [each] : []));
    expect([where, declared.map(({ name }) => name).toSorted()]).toEqual([where, inPath]);
    expect(declared.every(({ required }) => required === true)).toBe(true);
    const inPlace = (operation.parameters ?? []).flatMap((each) => ('$ref' in each ? [] : [each]));
    for (const parameter of inPlace) expect(parameter.schema).toBeDefined();
    const statuses = Object.keys(operation.responses);
    expect([where, statuses.some((status) => /^2\d\d$/.test(status))]).toEqual([where, true]);
    for (const response of Object.values(operation.responses))
      expect(response.$ref ?? response.description).toBeTruthy();
    for (const { schema } of Object.values(operation.requestBody?.content ?? {})) expect(schema).toBeDefined();
    const mayHaveBody = !['get', 'delete'].includes(method);
    expect([where, mayHaveBody || operation.requestBody === undefined]).toEqual([where, true]);
  }
});

test('OpenAPI: the document lists every route, and which routes need a token', () => {
  const described = operations().map(({ method, path }) => `${method} ${path}`);
  const table = routes.map(({ method, path }) => `${method} ${path}`);
  expect(described.toSorted()).toEqual(
    [...table, 'get /api/health', 'get /api/v1/events', 'get /problems/{type}'].toSorted(),
  );
  for (const { path, operation } of operations()) {
    const needsToken = path.startsWith('/api/v1/');
    expect([path, operation.security]).toEqual([path, needsToken ? [{ token: [] }] : []]);
    expect([path, '401' in operation.responses]).toEqual([path, needsToken]);
  }
  expect(document.components.securitySchemes).toMatchObject({
    token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  });
});

test('OpenAPI: the generated document equals the served one', () => {
  expect(JSON.parse(JSON.stringify(openApiOfRoutes()))).toEqual(document);
});

test('documentation page: all files that it loads are served by the gateway', async () => {
  const page = await gateway.send('/docs', { token: null });
  const html = await page.text();
  expect(html).not.toMatch(/(src|href)=["'](https?:)?\/\//);
  const named = Array.from(html.matchAll(/(?:src|href)="([^"]+)"/g), ([, address]) => address ?? '');
  expect(named.length).toBeGreaterThanOrEqual(3);
  for (const address of named) {
    const file = await gateway.send(address, { token: null });
    expect([address, file.status]).toEqual([address, 200]);
    expect(file.headers.get('content-type')).toMatch(/^text\/(css|javascript)/);
  }
  expect(page.headers.get('content-security-policy')).toMatch(/default-src 'self'/);
  expect((await gateway.send('/docs/package.json', { token: null })).status).toBe(404);
  expect((await gateway.send('/docs/..%2fpackage.json', { token: null })).status).toBe(404);
});

test('documentation page: a name that every object has is no file', async () => {
  for (const word of ['constructor', '__proto__', 'toString', 'hasOwnProperty'])
    for (const folder of ['docs', 'problems'])
      expect([word, (await gateway.send(`/${folder}/${word}`, { token: null })).status]).toEqual([word, 404]);
});

test('health: needs no token and names the service', async () => {
  const response = await gateway.send('/api/health', { token: null });
  expect(await response.json()).toEqual({ service: 'gateway', status: 'ok' });
});

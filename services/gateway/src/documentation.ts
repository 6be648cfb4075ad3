import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { liveFeedOperation } from './live-feed.ts';
import { problemDocument } from './problem.ts';
import { type GatewayApp, type GatewayContext, type GatewayEnv, sharedProblems } from './route.ts';
import { routes } from './routes/index.ts';

const swaggerUi = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** The files of the interactive documentation that are served; everything comes from here, nothing from elsewhere. */
const assets: Record<string, string> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
};

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Arcadia Cloud API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="api"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const start =
  "SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, persistAuthorization: true });\n";

/** What is public and not in the table of routes. */
const healthOperation = {
  method: 'get' as const,
  path: '/api/health',
  operationId: 'health',
  summary: 'The gateway is there.',
  tags: ['health'],
  responses: {
    200: {
      description: 'It is.',
      content: { 'application/json': { schema: z.object({ service: z.string(), status: z.string() }) } },
    },
  },
};

/** The OpenAPI document of the routes. */
export const openApiDocument = (app: GatewayApp) => {
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  });
  app.openAPIRegistry.registerComponent('schemas', 'Problem', z.toJSONSchema(problemDocument) as object);
  for (const [name, description] of Object.entries(sharedProblems))
    app.openAPIRegistry.registerComponent('responses', name, {
      description,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    });
  for (const operation of [healthOperation, liveFeedOperation]) app.openAPIRegistry.registerPath(operation);
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Arcadia Cloud',
      version: '1',
      description:
        'Amounts named `*_cents` are integers of the minor unit; every other number of money or quantity is a decimal in text. Instants are RFC 3339 in UTC; periods are months, `YYYY-MM`, half-open. Errors are RFC 9457 problems. A POST may carry `Idempotency-Key`.',
    },
    servers: [{ url: '/' }],
  });
};

/** The same document without a running gateway: routes only describe themselves until they are asked. */
export const openApiOfRoutes = () => {
  const app: GatewayApp = new OpenAPIHono<GatewayEnv>();
  for (const { register } of routes) register(app, {} as GatewayContext);
  return openApiDocument(app);
};

/** `/openapi.json` and `/docs`. */
export const documentation = (app: GatewayApp): OpenAPIHono<GatewayEnv> => {
  const pages = new OpenAPIHono<GatewayEnv>();
  let document: ReturnType<typeof openApiDocument> | undefined;
  pages.get('/openapi.json', (c) => {
    document ??= openApiDocument(app);
    return c.json(document);
  });
  pages.get('/docs', (c) => c.html(page));
  pages.get('/docs/start.js', (c) => c.body(start, 200, { 'content-type': 'text/javascript' }));
  pages.get('/docs/:asset', async (c) => {
    const asset = c.req.param('asset');
    const type = assets[asset];
    if (type === undefined) return c.notFound();
    const content = await readFile(join(swaggerUi, asset));
    return c.body(new Uint8Array(content), 200, { 'content-type': type, 'cache-control': 'max-age=86400' });
  });
  return pages;
};

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { HttpApp, HttpEnv } from './context.ts';
import { openApiDocument } from './openapi.ts';

const swaggerUi = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** The files of the interactive documentation. All are served from here, none from elsewhere. */
const assets: ReadonlyMap<string, string> = new Map([
  ['swagger-ui.css', 'text/css'],
  ['swagger-ui-bundle.js', 'text/javascript'],
]);

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
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

/** `/openapi.json` and `/docs`, without a token. */
export const documentation = (app: HttpApp): OpenAPIHono<HttpEnv> => {
  const pages = new OpenAPIHono<HttpEnv>();
  let document: ReturnType<typeof openApiDocument> | undefined;
  pages.get('/openapi.json', (c) => {
    document ??= openApiDocument(app);
    return c.json(document);
  });
  pages.get('/docs', (c) => c.html(page));
  pages.get('/docs/start.js', (c) => c.body(start, 200, { 'content-type': 'text/javascript' }));
  pages.get('/docs/:asset', async (c) => {
    const asset = c.req.param('asset');
    const type = assets.get(asset);
    if (type === undefined) return c.notFound();
    const content = await readFile(join(swaggerUi, asset));
    return c.body(new Uint8Array(content), 200, { 'content-type': type, 'cache-control': 'max-age=86400' });
  });
  return pages;
};

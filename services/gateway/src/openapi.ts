import { allRoles } from '@arcadia/contracts';
import { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { Context, HttpApp, HttpEnv } from './context.ts';
import { releaseOptionalFields } from './domain/optional-fields.ts';
import { liveFeedOperation } from './live-feed/feed-operation.ts';
import { problemWordsOf, responseOf, sharedResponses } from './operation.ts';
import { problemOperation } from './problems/pages.ts';
import { problemDocument } from './problems/problem.ts';
import { problemType, titleOf, typeUri } from './problems/problem-types.ts';
import { routes } from './routes/index.ts';
import { tags } from './tags.ts';

/** Public, and therefore not in the table of routes. */
const healthOperation = {
  method: 'get' as const,
  path: '/api/health',
  operationId: 'health',
  summary: 'Check that the gateway is up.',
  description: 'Without a token. It does not report on the other services; each has its own `/health/ready`.',
  tags: ['health'],
  security: [],
  responses: {
    200: {
      description: 'The gateway is up.',
      content: {
        'application/json': {
          schema: z.object({
            service: z.string().meta({ description: 'The name of the service.', example: 'gateway' }),
            status: z.string().meta({ description: 'Always `ok`.', example: 'ok' }),
          }),
        },
      },
    },
    500: responseOf(['internal']),
  },
};

const info = {
  title: 'Arcadia Cloud',
  version: '1',
  description: `Metering, billing and provisioning of cloud resources for the tenants of one operator.

**Conventions.** Amounts named \`*_cents\` are integers of the currency’s minor unit; every other amount of money and every quantity is an exact decimal as text. Times are RFC 3339 in UTC and end in \`Z\`. Periods are calendar months in UTC, \`YYYY-MM\`; intervals include their start and exclude their end.

**Lists** return \`items\` and \`next_cursor\`; send \`next_cursor\` as \`cursor\` for the next page. It is null on the last one.

**Commands** can be repeated safely with the same \`Idempotency-Key\`.

**Changes by several people.** What people edit is read with an \`ETag\`; a change that sends it back as \`If-Match\` is refused with 412 if somebody else has changed it since.

**Errors** are problems (RFC 9457). Branch on the last segment of \`type\`; the address in \`type\` explains the problem and what to do about it. [All problem types](/problems).`,
  contact: { name: 'Your operator; for vulnerabilities see SECURITY.md' },
  license: { name: 'Proprietary, all rights reserved', identifier: 'LicenseRef-Proprietary' },
};

/** The OpenAPI document of the routes that are registered on an app. */
export const openApiDocument = (app: HttpApp) => {
  const { openAPIRegistry: registry } = app;
  registry.registerComponent('securitySchemes', 'token', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: `A JWT of the configured issuer with \`sub\`, \`iat\`, \`exp\`, \`roles\` (${allRoles.map((role) => `\`${role}\``).join(', ')}; others are ignored) and, for a tenant’s roles, \`tenant_id\`.`,
  });
  registry.registerComponent('schemas', 'Problem', z.toJSONSchema(problemDocument) as object);
  registry.registerComponent('parameters', 'IdempotencyKey', {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description:
      'Any text of the caller’s choice, unique for each new request. A repeated request with the same key takes effect once and gets the first answer.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
    example: '5e0c2a4e-6f0b-4a38-9f0e-0c4d1c2b7a11',
  });
  registry.registerComponent('parameters', 'IfMatch', {
    name: 'If-Match',
    in: 'header',
    required: false,
    description:
      'The `ETag` of what the caller read before it decided; the request is refused as `precondition-failed` if that has changed since. Without it, the request applies to whatever is there.',
    schema: { type: 'string', minLength: 1, maxLength: 1024 },
    example: '"5d41402abc4b2a76b9719d911017c592"',
  });
  registry.registerComponent('headers', 'ETag', {
    description: 'Identifies this version of the answer; send it as `If-Match` with a change.',
    schema: { type: 'string', example: '"5d41402abc4b2a76b9719d911017c592"' },
  });
  registry.registerComponent('headers', 'Link', {
    description:
      'The first page of the list (`rel="first"`) and, unless this is the last one, the next (`rel="next"`), RFC 8288.',
    schema: { type: 'string', example: '</api/v1/invoices?limit=50>; rel="first"' },
  });
  registry.registerComponent('headers', 'Location', {
    description: 'Where what was created, or the accepted work, is found.',
    schema: {
      type: 'string',
      format: 'uri-reference',
      example: '/api/v1/invoices/0192f0c1-6a5e-7c3b-9d2f-1b7e4c8a5d60',
    },
  });
  registry.registerComponent('headers', 'Retry-After', {
    description: 'After how many seconds it is worth looking, or trying, again.',
    schema: { type: 'integer', example: 2 },
  });
  for (const [name, response] of Object.entries(sharedResponses()))
    registry.registerComponent('responses', name, response);
  for (const [word, example] of Object.entries(problemExamples()))
    registry.registerComponent('examples', word, example);
  for (const operation of [healthOperation, problemOperation, liveFeedOperation]) registry.registerPath(operation);
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info,
    servers: [{ url: '/', description: 'The gateway that serves this document.' }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
  });
  return releaseOptionalFields(document, registry.definitions);
};

/** One example for each problem type that an operation of the document can answer. */
const problemExamples = () =>
  Object.fromEntries(
    [...new Set(routes.flatMap(problemWordsOf))].map((word) => [
      word,
      {
        summary: titleOf(word),
        value: {
          type: typeUri(word),
          title: titleOf(word),
          status: problemType(word).status,
          detail: problemType(word).meaning,
          request_id: '7f3c1c1e-5d0b-4f0e-9b68-1f1f0a4b7a51',
        },
      },
    ]),
  );

/** The same document without a running gateway: registering a route only describes it. */
export const openApiOfRoutes = () => {
  const app: HttpApp = new OpenAPIHono<HttpEnv>();
  for (const { register } of routes) register(app, {} as Context);
  return openApiDocument(app);
};

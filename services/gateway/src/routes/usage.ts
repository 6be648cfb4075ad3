import { isRefusal, metering } from '@arcadia/contracts';
import { createRoute } from '@hono/zod-openapi';
import { admit } from '../admit.ts';
import type { Context, HttpApp, HttpContext } from '../context.ts';
import { describe, problemResponses } from '../operation.ts';
import { problem, problemOfRefusal } from '../problems/problem.ts';
import { jsonAnswer, jsonResponse, type Route, route, sendRequest } from '../route.ts';
import { batchLimit, type RefusedReport, type Report, readReports, usageBody } from './usage-events.ts';

const contract = metering.ingestUsage;
const path = '/api/v1/usage';
const mediaTypes = ['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json'];
const described = {
  method: 'post' as const,
  path,
  contract,
  tag: 'usage' as const,
  problems: [...metering.reportRefusal.options, 'batch-refused' as const],
};

/**
 * Accepts one CloudEvent or an array of them (`application/cloudevents-batch+json`). Each event of a batch stands alone:
 * 200 when all were accepted or already known, 207 when some were refused, 422 when all were.
 */
const reportUsage: Route = {
  ...described,
  register: (app: HttpApp, ctx: Context): void => {
    app.openAPIRegistry.registerPath({
      ...createRoute({
        ...describe(described),
        responses: {
          ...problemResponses(described),
          200: jsonResponse('Every event is stored, now or by an earlier request.', contract.output),
          207: jsonResponse('Some events of the batch were refused; the others are stored.', contract.output),
        },
      }),
      request: {
        body: {
          required: true,
          content: Object.fromEntries(mediaTypes.map((type) => [type, { schema: usageBody }])),
        },
      },
    });
    app.on('POST', path, admit(described), (c) => ingest(c, ctx));
  },
};

const ingest = async (c: HttpContext, ctx: Context): Promise<Response> => {
  const body: unknown = await c.req.json().catch(() => undefined);
  if (body === undefined) return problem(c, 'bad-request', 'The body is not JSON.');
  const events: unknown[] = Array.isArray(body) ? body : [body];
  if (events.length === 0 || events.length > batchLimit)
    return problem(c, 'invalid-request', `A batch has 1 to ${batchLimit} events; this one has ${events.length}.`);
  const { valid, refused } = readReports(events);
  const answer =
    valid.length === 0
      ? { accepted: 0, duplicates: 0, refused: [] }
      : await sendRequest(c, ctx, contract, input(valid));
  if (isRefusal(answer)) return problemOfRefusal(c, answer);
  const all = [
    ...refused,
    ...answer.refused.map((each) => ({ ...each, index: valid[each.index]?.index ?? each.index })),
  ].sort((a, b) => a.index - b.index);
  if (all.length === events.length) return refusedEntirely(c, all);
  return jsonAnswer(c, { ...answer, refused: all }, all.length === 0 ? 200 : 207);
};

const input = (valid: readonly { report: Report }[]) => ({ reports: valid.map(({ report }) => report) });

/** A single refused event is a problem of its own type; a batch is one problem that lists the reasons. */
const refusedEntirely = (c: HttpContext, refused: readonly RefusedReport[]): Response => {
  const [first, ...others] = refused;
  if (first !== undefined && others.length === 0) return problem(c, first.reason, first.detail);
  return problem(c, 'batch-refused', `None of the ${refused.length} events was accepted; see \`refused\`.`, {
    refused,
  });
};

export const usageRoutes: readonly Route[] = [
  route('get', path, metering.listUsage),
  reportUsage,
  route('get', '/api/v1/usage/unknown', metering.listUnknownUsage),
  route('get', '/api/v1/usage/evidence', metering.showEvidence),
];

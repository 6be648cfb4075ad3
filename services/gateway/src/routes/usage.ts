import { decimalText, isRefusal, metering, uuid } from '@arcadia/contracts';
import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { problem, problemOfRefusal } from '../problem.ts';
import { describe, problemResponses, type Route, requireRole, route, sendRequest } from '../route.ts';

type Report = metering.UsageReport;

/** What is reported, as the data of a CloudEvent. A whole number may be given as a JSON number, anything else as text. */
const reportData = z.strictObject({
  deployment_id: uuid,
  kind: z.string().min(1).max(63),
  quantity: z.union([decimalText, z.int().transform(String)]),
  /** `usage` adds a quantity; `reading` states the size of the subject from `time` on. Left out: the last word of the event's type. */
  form: z.enum(['usage', 'reading']).optional(),
});

/** CloudEvents 1.0, JSON format. Extension attributes are allowed and not kept. */
const usageEvent = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(256),
  source: z.string().min(1).max(256),
  /** Ends in `usage` or `reading`, such as `cloud.example.usage`. */
  type: z.string().min(1).max(256),
  /** Required: without it the same event sent again would be another one. */
  time: z.iso.datetime({ offset: true }),
  subject: z.string().min(1).max(256).nullish(),
  datacontenttype: z.string().optional(),
  data: reportData,
});

const batchLimit = 1000;

const outcome = metering.ingestUsage.output;

/** The report in an event, or what is wrong with the event. */
const reportOf = (event: unknown): Report | string => {
  const parsed = usageEvent.safeParse(event);
  if (!parsed.success)
    return parsed.error.issues.map(({ path, message }) => `/${path.map(String).join('/')}: ${message}`).join('; ');
  const { id, source, type, subject, data } = parsed.data;
  const form = data.form ?? (type.endsWith('reading') ? 'reading' : 'usage');
  const time = inUtc(parsed.data.time);
  if (time === null) return '/time: a date that does not exist';
  return {
    source,
    id,
    form,
    subject: subject ?? null,
    deployment_id: data.deployment_id,
    kind: data.kind,
    time,
    quantity: data.quantity,
  };
};

/** RFC 3339 with any offset as our instants are written; null for a day that no calendar has. */
const inUtc = (text: string): string | null => {
  try {
    const instant = Temporal.Instant.from(text);
    return text.endsWith('Z') ? text : instant.toString();
  } catch {
    return null;
  }
};

type Refused = z.infer<typeof outcome>['refused'][number];

const nameOf = (event: unknown, field: 'id' | 'source'): string => {
  const value = typeof event === 'object' && event !== null ? (event as Record<string, unknown>)[field] : undefined;
  return typeof value === 'string' ? value : '';
};

/**
 * Takes one CloudEvent, or an array of them (`application/cloudevents-batch+json`). Of a batch each event stands for itself:
 * 200 when all were accepted or known, 207 when some were refused, 422 when all were.
 */
const reportUsage: Route = {
  method: 'post',
  path: '/api/v1/usage',
  contract: metering.ingestUsage,
  register: (app, gateway) => {
    const body = z.union([usageEvent, z.array(usageEvent).min(1).max(batchLimit)]);
    const answered = (description: string) => ({ description, content: { 'application/json': { schema: outcome } } });
    const media = ['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json'];
    const definition = createRoute({
      ...describe('post', '/api/v1/usage', metering.ingestUsage),
      middleware: requireRole(metering.ingestUsage),
      responses: {
        ...problemResponses(metering.ingestUsage),
        200: answered('Everything is stored, now or before.'),
        207: answered('Some of the batch was refused.'),
      },
    });
    app.openAPIRegistry.registerPath({
      ...definition,
      request: { body: { required: true, content: Object.fromEntries(media.map((type) => [type, { schema: body }])) } },
    });
    app.on('POST', '/api/v1/usage', requireRole(metering.ingestUsage), async (c) => {
      const given: unknown = await c.req.json().catch(() => undefined);
      if (given === undefined) return problem(c, 400, 'bad-request', 'The body is not JSON.');
      const events: unknown[] = Array.isArray(given) ? given : [given];
      if (events.length === 0 || events.length > batchLimit) {
        return problem(
          c,
          422,
          'invalid-request',
          `A batch holds 1 to ${batchLimit} events; this one holds ${events.length}.`,
        );
      }
      const refused: Refused[] = [];
      const sound: { index: number; report: Report }[] = [];
      events.forEach((event, index) => {
        const report = reportOf(event);
        if (typeof report !== 'string') sound.push({ index, report });
        else
          refused.push({
            index,
            source: nameOf(event, 'source'),
            id: nameOf(event, 'id'),
            reason: 'invalid-report',
            detail: report,
          });
      });
      const answer =
        sound.length === 0
          ? { accepted: 0, duplicates: 0, refused: [] }
          : await sendRequest(c, gateway, metering.ingestUsage, { reports: sound.map(({ report }) => report) });
      if (isRefusal(answer)) return problemOfRefusal(c, answer);
      refused.push(...answer.refused.map((each) => ({ ...each, index: sound[each.index]?.index ?? each.index })));
      refused.sort((a, b) => a.index - b.index);
      const [first] = refused;
      if (first !== undefined && refused.length === events.length) {
        const status = statusOf(refused);
        const detail =
          events.length === 1 ? first.detail : `None of the ${events.length} events could be accepted; see refused.`;
        return problem(c, status, first.reason, detail, events.length === 1 ? {} : { refused });
      }
      return c.json({ ...answer, refused }, refused.length === 0 ? 200 : 207);
    });
  },
};

/** One refused event has the status of its reason; of several the reasons may differ. */
const statusOf = (refused: readonly Refused[]): 404 | 409 | 422 => {
  if (refused.length > 1) return 422;
  if (refused[0]?.reason === 'unknown-deployment') return 404;
  return refused[0]?.reason === 'id-reused' ? 409 : 422;
};

export const usageRoutes: readonly Route[] = [
  route('get', '/api/v1/usage', metering.listUsage),
  reportUsage,
  route('get', '/api/v1/usage/evidence', metering.showEvidence),
];

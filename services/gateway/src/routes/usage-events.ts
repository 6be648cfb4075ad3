import { decimalText, type metering, uuid } from '@arcadia/contracts';
import { z } from 'zod';

export type Report = metering.UsageReport;
export type RefusedReport = z.infer<typeof metering.ingestUsage.output>['refused'][number];

/** Events in one request at most. */
export const batchLimit = 1000;

/** The data of the CloudEvent. */
const reportData = z.strictObject({
  deployment_id: uuid.meta({
    description: 'The deployment that used it.',
    example: '0191f6b2-7a51-8c3e-9d1e-3f6a2b1c4d5e',
  }),
  kind: z.string().min(1).max(63).meta({
    description: 'A kind of the metering configuration; it determines the unit.',
    example: 'llm_input_tokens',
  }),
  quantity: z.union([decimalText, z.int().transform(String)]).meta({
    description: 'The quantity in the unit of the kind: an exact decimal as text, or a whole number.',
    examples: ['0.25', 1000],
  }),
  form: z.enum(['usage', 'reading']).optional().meta({
    description:
      '`usage` adds the quantity; `reading` sets the size of the subject from `time` on. By default, the last word of the event type.',
  }),
});

/** CloudEvents 1.0 in JSON. Extension attributes are allowed and not stored. */
const usageEvent = z
  .looseObject({
    specversion: z.literal('1.0').meta({ description: 'The version of CloudEvents.' }),
    id: z.string().min(1).max(256).meta({
      description: 'Identifies the event within its source; sending the same event again changes nothing.',
      example: 'request-42',
    }),
    source: z.string().min(1).max(256).meta({ description: 'The program that reports.', example: '/llm/gateway' }),
    type: z.string().min(1).max(256).meta({
      description: 'Any name; it ends in `usage` or `reading` unless `data.form` is given.',
      example: 'cloud.example.usage',
    }),
    time: z.iso.datetime({ offset: true }).meta({
      description:
        'When it was used or measured, RFC 3339 with any offset. Required, because it is part of the event’s identity.',
      example: '2026-04-10T22:00:00+10:00',
    }),
    subject: z.string().min(1).max(256).nullish().meta({
      description: 'What was measured; required for a reading, such as a bucket or a volume.',
      example: 'bucket/photos',
    }),
    datacontenttype: z.string().optional().meta({ description: 'Always JSON.', example: 'application/json' }),
    data: reportData.meta({ description: 'What was used, by which deployment.' }),
  })
  .meta({ description: 'A CloudEvent 1.0 that reports usage.' });

export const usageBody = z.union([usageEvent, z.array(usageEvent).min(1).max(batchLimit)]).meta({
  description: `One event, or 1 to ${batchLimit} of them.`,
  example: {
    specversion: '1.0',
    id: 'request-42',
    source: '/llm/gateway',
    type: 'cloud.example.usage',
    time: '2026-04-10T12:00:00Z',
    data: { deployment_id: '0191f6b2-7a51-8c3e-9d1e-3f6a2b1c4d5e', kind: 'llm_input_tokens', quantity: 1000 },
  },
});

/** Divides the events of a request into valid reports and refused events, each with its place in the request. */
export const readReports = (events: readonly unknown[]) => {
  const refused: RefusedReport[] = [];
  const valid: { index: number; report: Report }[] = [];
  events.forEach((event, index) => {
    const report = reportOf(event);
    if (typeof report !== 'string') valid.push({ index, report });
    else
      refused.push({
        index,
        source: textOf(event, 'source'),
        id: textOf(event, 'id'),
        reason: 'invalid-report',
        detail: report,
      });
  });
  return { valid, refused };
};

/** The report in an event, or a sentence about what is wrong with the event. */
const reportOf = (event: unknown): Report | string => {
  const parsed = usageEvent.safeParse(event);
  if (!parsed.success)
    return parsed.error.issues.map(({ path, message }) => `/${path.map(String).join('/')}: ${message}`).join('; ');
  const { id, source, type, subject, data } = parsed.data;
  const form = data.form ?? (type.endsWith('reading') ? 'reading' : 'usage');
  const time = inUtc(parsed.data.time);
  if (time === null) return '/time: a date that exists';
  const { deployment_id, kind, quantity } = data;
  return { source, id, form, subject: subject ?? null, deployment_id, kind, time, quantity };
};

/** An RFC 3339 time with any offset as an instant in UTC; null for a date that does not exist. */
const inUtc = (text: string): string | null => {
  try {
    const instant = Temporal.Instant.from(text);
    return text.endsWith('Z') ? text : instant.toString();
  } catch {
    return null;
  }
};

const textOf = (event: unknown, field: 'id' | 'source'): string => {
  const value = typeof event === 'object' && event !== null ? (event as Record<string, unknown>)[field] : undefined;
  return typeof value === 'string' ? value : '';
};

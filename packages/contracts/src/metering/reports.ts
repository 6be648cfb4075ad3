import { z } from 'zod';
import { customers } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { uuid } from '../ids.ts';
import { instantText } from '../time.ts';

/** What is reported, out of its CloudEvents envelope. */
export const usageReport = z.object({
  source: z
    .string()
    .min(1)
    .max(256)
    .meta({ description: 'CloudEvents source; with `id` it identifies the report.', example: 'urn:acme:gateway' }),
  id: z
    .string()
    .min(1)
    .max(256)
    .meta({ description: 'CloudEvents id; with `source` it identifies the report.', example: 'r-2026-04-30-17' }),
  form: z
    .enum(['usage', 'reading'])
    .describe('`usage` adds a quantity; `reading` states the size of the subject from an instant on.'),
  subject: z
    .string()
    .min(1)
    .max(256)
    .nullable()
    .meta({ description: 'The thing that was measured; null: the deployment as a whole.', example: 'bucket-7' }),
  deployment_id: uuid.describe('Deployment that used it.'),
  kind: z.string().min(1).max(63).meta({ description: 'The billing kind.', example: 'llm_input_tokens' }),
  time: instantText.describe('Instant of the usage or the reading.'),
  quantity: decimalText.meta({
    description:
      "Quantity in the kind's unit: at most 15 digits before the point and 12 after it, else `invalid-report`.",
    example: '1500',
  }),
});

/** A usage report without its CloudEvents envelope. */
export type UsageReport = z.infer<typeof usageReport>;

/** Reasons for which a usage report is refused. */
export const reportRefusal = z.enum([
  'id-reused',
  'unknown-kind',
  'unknown-deployment',
  'time-in-future',
  'period-closed',
  'hard-cap-reached',
  'lowers-metered-usage',
  'invalid-report',
]);

/** Each report stands for itself: some may be accepted and some refused. */
export const ingestUsage = defineRequest({
  name: 'usage.ingest',
  service: 'metering',
  summary:
    'Report usage that inventory cannot observe. An accepted report is stored; the same source and id again changes nothing.',
  effect: 'command',
  roles: customers,
  input: z.object({
    reports: z
      .array(usageReport)
      .min(1)
      .max(1000)
      .describe('The reports, 1 to 1000. Each stands for itself: some may be accepted and some refused.'),
  }),
  output: z.object({
    accepted: z.int().meta({ description: 'Number of reports stored.', example: 2 }),
    duplicates: z
      .int()
      .meta({ description: 'Number of reports that were stored before with the same content.', example: 0 }),
    refused: z
      .array(
        z.object({
          index: z.int().meta({ description: 'Position of the report in the request, from 0.', example: 1 }),
          source: z.string().meta({ description: 'Its CloudEvents source.', example: 'urn:acme:gateway' }),
          id: z.string().meta({ description: 'Its CloudEvents id.', example: 'r-2026-04-30-17' }),
          reason: reportRefusal.describe('Reason of the refusal.'),
          detail: z
            .string()
            .meta({ description: 'The reason in one sentence.', example: 'No deployment has this id.' }),
        }),
      )
      .describe('The reports that were refused; the others count.'),
  }),
  refusals: [],
});

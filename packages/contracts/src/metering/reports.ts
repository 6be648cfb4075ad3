import { z } from 'zod';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { uuid } from '../ids.ts';
import { instantText } from '../time.ts';

/** What is reported, out of its CloudEvents envelope. */
export const usageReport = z.object({
  source: z.string().min(1).max(256),
  id: z.string().min(1).max(256),
  form: z.enum(['usage', 'reading']),
  subject: z.string().min(1).max(256).nullable(),
  deployment_id: uuid,
  kind: z.string().min(1).max(63),
  time: instantText,
  /** In the kind's unit. At most 15 digits before the point and 12 after it; one with more is refused as `invalid-report`. */
  quantity: decimalText,
});

export type UsageReport = z.infer<typeof usageReport>;

export const reportRefusal = z.enum([
  'id-reused',
  'unknown-kind',
  'unknown-deployment',
  'time-in-future',
  'period-closed',
  'hard-cap-reached',
  'invalid-report',
]);

/** Each report stands for itself: some may be accepted and some refused. */
export const ingestUsage = defineRequest({
  name: 'usage.ingest',
  service: 'metering',
  summary:
    'Accept usage that inventory cannot see. Accepted means stored; the same source and id again changes nothing.',
  effect: 'command',
  roles: ['platform_admin', 'tenant'],
  input: z.object({ reports: z.array(usageReport).min(1).max(1000) }),
  output: z.object({
    accepted: z.int(),
    /** Known already, with the same content. */
    duplicates: z.int(),
    refused: z.array(
      z.object({
        index: z.int(),
        source: z.string(),
        id: z.string(),
        reason: reportRefusal,
        detail: z.string(),
      }),
    ),
  }),
  refusals: [],
});

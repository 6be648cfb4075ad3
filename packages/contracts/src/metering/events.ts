import { z } from 'zod';
import { decimalText } from '../decimal.ts';
import { defineEvent } from '../define.ts';
import { deploymentIdField, hashField } from '../fields.ts';
import { tenantId, token, uuid } from '../ids.ts';
import { instantText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { granularity, usageLine } from './facts.ts';
import { summedText } from './fields.ts';
import { replayChanged } from './replays.ts';

/** A batch of usage that was pushed in and stored, of one deployment and period. */
export const usageReported = defineEvent({
  type: 'usage.reported',
  version: 1,
  stream: 'METERING',
  summary: 'A batch of accepted usage reports of one deployment and period: usage that inventory cannot observe.',
  data: z.object({
    period: periodText,
    tenant_id: tenantId,
    deployment_id: uuid.describe('Deployment that used it.'),
    batch_id: uuid.describe('Id of this batch, derived from the ids of its reports.'),
    accepted_at: instantText.describe('Instant at which metering accepted it.'),
    reports: z
      .array(
        z.object({
          source: z.string().meta({
            description: 'CloudEvents source; with `id` it identifies the report.',
            example: 'urn:acme:gateway',
          }),
          id: z.string().meta({
            description: 'CloudEvents id; with `source` it identifies the report.',
            example: 'r-2026-04-30-17',
          }),
          form: z
            .enum(['usage', 'reading'])
            .describe('`usage` adds a quantity; `reading` states the size of the subject from an instant on.'),
          subject: z.string().nullable().meta({
            description: 'The thing that was measured; null: the deployment as a whole.',
            example: 'bucket-7',
          }),
          kind: usageKind,
          time: instantText.describe('Instant of the usage or the reading.'),
          quantity: decimalText.meta({ description: "Quantity in the kind's unit.", example: '1500' }),
        }),
      )
      .describe('The accepted reports.'),
  }),
  subject: (d) => `usage.reported.${d.period}.${token(d.tenant_id)}.${d.deployment_id}`,
  key: (d) => d.batch_id,
  parts: [{ array: 'reports' }],
});

export const usageAccrued = defineEvent({
  type: 'usage.accrued',
  version: 2,
  stream: 'METERING',
  summary:
    'A fact: all usage of one deployment in one day (or hour). A higher revision replaces the whole message, including lines that it does not contain any more.',
  data: z.object({
    period: periodText,
    tenant_id: tenantId,
    deployment_id: uuid.describe('Deployment that used it.'),
    granularity: granularity.describe('Span of the fact: a day or an hour.'),
    period_start: instantText.describe('First instant of its day or hour.'),
    period_end: instantText.describe('First instant after its day or hour.'),
    revision: z.int().min(1).meta({
      description: 'Revision of the fact, counted from 1; the highest one holds and replaces all its lines.',
      example: 1,
    }),
    close_revision: z.int().min(1).meta({
      description:
        'The close that counts this revision first: 1 before the first close of the period, n + 1 after its nth.',
      example: 1,
    }),
    lines: z.array(usageLine).describe('All its lines.'),
    hash: hashField.describe(
      'The `linesHash` of its lines: the billed content. The observations are evidence and are not part of it.',
    ),
  }),
  subject: (d) => `usage.accrued.${d.period}.${token(d.tenant_id)}.${d.deployment_id}`,
  key: (d) => `${d.deployment_id}:${d.period_start}:${d.granularity}:${d.revision}`,
  parts: [{ array: 'lines' }],
});

export const periodClosed = defineEvent({
  type: 'period.closed',
  version: 1,
  stream: 'METERING',
  summary:
    'The manifest of a closed billing period: number, sums and hash of the facts of each tenant, as of this close.',
  data: z.object({
    period: periodText,
    revision: z.int().min(1).meta({ description: 'Number of the close, counted from 1.', example: 1 }),
    closed_at: instantText.describe('Instant of the close.'),
    closed_by: z
      .string()
      .meta({ description: 'Subject of the person or service that closed it.', example: 'service:metering' }),
    closed_over: z
      .array(z.string())
      .describe('Faults that an operator accepted with the close; empty for a clean close.'),
    is_forced: z
      .boolean()
      .describe('True: requested in order to reissue invoices; invoicing voids and reissues those that differ.'),
    tenants: z
      .array(
        z.object({
          tenant_id: tenantId,
          facts: z.int().min(0).meta({
            description: 'Number of `usage.accrued` facts that count, each in its highest revision.',
            example: 30,
          }),
          sums: z
            .array(
              z.object({
                kind: usageKind,
                unit_seconds: summedText.meta({ description: "Sum of the lines' unit_seconds.", example: '2592000' }),
                divisor: decimalText.meta({
                  description: 'Divisor of the unit-seconds: quantity = unit_seconds / divisor.',
                  example: '3600',
                }),
              }),
            )
            .describe('The sums of these facts by kind and divisor.'),
          hash: hashField.describe('The `factsHash` of these facts.'),
          deployments: z
            .array(
              z.object({
                deployment_id: deploymentIdField,
                revision: z.int().meta({ description: 'Its revision.', example: 3 }),
              }),
            )
            .describe('The deployments that they rest on, each with its revision.'),
          subscriptions: z
            .array(
              z.object({
                subscription_id: uuid.describe('Id of the subscription.'),
                revision: z.int().meta({ description: 'Its revision.', example: 2 }),
              }),
            )
            .describe('The subscriptions that they rest on, each with its revision.'),
        }),
      )
      .describe('The tenants with usage in the period.'),
    hash: hashField.describe('The `manifestHash` of the tenants.'),
    hash_version: z.int().min(1).optional().meta({
      description:
        "Version of the way in which the tenants' facts were hashed; absent: the close was published before it was named, and is of version 1 or 2.",
      example: 2,
    }),
  }),
  subject: (d) => `period.closed.${d.period}`,
  key: (d) => `${d.period}:${d.revision}`,
  parts: [{ array: 'tenants', item: { key: 'tenant_id', arrays: ['deployments', 'subscriptions'] } }],
});

/** Every event of metering, in the order of its stream's subjects. */
export const events = [usageReported, usageAccrued, periodClosed, replayChanged] as const;

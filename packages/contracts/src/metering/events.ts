import { z } from 'zod';
import { decimalText } from '../decimal.ts';
import { defineEvent } from '../define.ts';
import { tenantId, token, uuid } from '../ids.ts';
import { instantText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { granularity, usageLine } from './facts.ts';
import { summedText } from './fields.ts';

/** A batch of usage that was pushed in and stored, of one deployment and period. */
export const usageReported = defineEvent({
  type: 'usage.reported',
  version: 1,
  stream: 'METERING',
  summary: 'Usage that inventory cannot see, as it was accepted.',
  data: z.object({
    period: periodText,
    tenant_id: tenantId,
    deployment_id: uuid,
    /** Names this acceptance; derived from the ids it holds. */
    batch_id: uuid,
    accepted_at: instantText,
    reports: z.array(
      z.object({
        /** CloudEvents source and id: together they name the report. */
        source: z.string(),
        id: z.string(),
        /** `usage` adds a quantity in the kind's unit; `reading` states the size of the subject from an instant on. */
        form: z.enum(['usage', 'reading']),
        subject: z.string().nullable(),
        kind: usageKind,
        time: instantText,
        quantity: decimalText,
      }),
    ),
  }),
  subject: (d) => `usage.reported.${d.period}.${token(d.tenant_id)}.${d.deployment_id}`,
  key: (d) => d.batch_id,
  parts: 'reports',
});

export const usageAccrued = defineEvent({
  type: 'usage.accrued',
  version: 1,
  stream: 'METERING',
  summary:
    'All usage of one deployment in one day (or hour). A higher revision replaces the whole message: lines it no longer holds are gone.',
  data: z.object({
    period: periodText,
    tenant_id: tenantId,
    deployment_id: uuid,
    granularity,
    period_start: instantText,
    period_end: instantText,
    revision: z.int().min(1),
    /** The close that first counts this revision: 1 while the period was never closed, n + 1 after its nth close. */
    close_revision: z.int().min(1),
    lines: z.array(usageLine),
    /** What is billed by it: `linesHash(lines)`. The observations are evidence and stay outside. */
    hash: z.string(),
  }),
  subject: (d) => `usage.accrued.${d.period}.${token(d.tenant_id)}.${d.deployment_id}`,
  key: (d) => `${d.deployment_id}:${d.period_start}:${d.granularity}:${d.revision}`,
  parts: 'lines',
});

export const periodClosed = defineEvent({
  type: 'period.closed',
  version: 1,
  stream: 'METERING',
  summary: 'The manifest of a billing period: what every fact of it adds up to, as of this close.',
  data: z.object({
    period: periodText,
    revision: z.int().min(1),
    closed_at: instantText,
    closed_by: z.string(),
    /** What was missing and closed over by an operator; empty for a clean close. */
    closed_over: z.array(z.string()),
    /** A close that was asked for to reissue invoices: true lets invoicing void and reissue what differs. */
    is_forced: z.boolean(),
    tenants: z.array(
      z.object({
        tenant_id: tenantId,
        /** Messages of usage.accrued that count, highest revision of each. */
        facts: z.int().min(0),
        sums: z.array(
          z.object({
            kind: usageKind,
            unit_seconds: summedText,
            divisor: decimalText,
          }),
        ),
        /** `factsHash` of those messages. */
        hash: z.string(),
        /** The revisions of deployments and subscriptions it rests on. */
        deployments: z.array(z.object({ deployment_id: uuid, revision: z.int() })),
        subscriptions: z.array(z.object({ subscription_id: uuid, revision: z.int() })),
      }),
    ),
    /** `manifestHash` of the tenants. */
    hash: z.string(),
  }),
  subject: (d) => `period.closed.${d.period}`,
  key: (d) => `${d.period}:${d.revision}`,
  parts: 'tenants',
});

/** Every event of metering, in the order of its stream's subjects. */
export const events = [usageReported, usageAccrued, periodClosed] as const;

import { z } from 'zod';
import { decimalText } from './decimal.ts';
import { defineEvent } from './define.ts';
import { tenantId, token, uuid } from './ids.ts';
import { cents, currencyCode } from './money.ts';
import { instantText, periodText } from './time.ts';

/** Where a share of a provider's line ends. */
export const allocationTarget = z.enum(['deployment', 'tenant', 'operator', 'unallocated']);

export const allocation = z.object({
  target: allocationTarget,
  tenant_id: tenantId.nullable(),
  deployment_id: uuid.nullable(),
  /** In the provider's currency. The shares of a line add up to it. */
  amount_cents: cents,
  /** The rule that shared it; null: the resource's owner pays. */
  rule: z.string().nullable(),
});

export const costLine = z.object({
  line_no: z.int().min(1),
  product: z.string(),
  /** Our kind, such as droplet; tax, account or unknown where it is none. */
  kind: z.string(),
  description: z.string(),
  group_description: z.string(),
  project_name: z.string(),
  /** Empty where the provider gives none; for backups it holds their count. */
  hours: decimalText.nullable(),
  start_at: instantText.nullable(),
  end_at: instantText.nullable(),
  amount_cents: cents,
  is_tax: z.boolean(),
  resource_id: uuid.nullable(),
  /** Why it matched nothing; null when it did. */
  unmatched_reason: z.enum(['destroyed_before_first_sync', 'tax', 'account_level', 'unknown']).nullable(),
  allocations: z.array(allocation),
});

export const invoiceIngested = defineEvent({
  type: 'invoice.ingested',
  version: 1,
  stream: 'BILLING',
  owner: 'billing-ingest',
  summary: "One of the provider's invoices with its lines matched and allocated. A higher revision replaces it whole.",
  data: z.object({
    provider: z.string(),
    period: periodText,
    invoice_uuid: z.string(),
    invoice_number: z.string().nullable(),
    revision: z.int().min(1),
    status: z.enum(['reconciled', 'unreconciled']),
    currency: currencyCode,
    amount_net_minor: cents,
    amount_tax_minor: cents,
    amount_gross_minor: cents,
    /** What one unit of the provider's currency is worth in the billing currency; null until an operator pins it. */
    fx: z.object({ to: currencyCode, rate: decimalText }).nullable(),
    lines: z.array(costLine),
    ingested_at: instantText,
  }),
  subject: (d) => `invoice.ingested.${token(d.provider)}.${d.period}`,
  key: (d) => `${d.invoice_uuid}:${d.revision}`,
  parts: 'lines',
});

import { z } from 'zod';
import { operators } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText, periodText } from '../time.ts';
import { allocation } from './allocation.ts';
import { invoiceUuid, periodOrDate } from './fields.ts';

/** A line of a provider invoice, matched and allocated. */
export const costLine = z.object({
  /** A line shared by very many comes as several entries, each with the part of its amount that its shares add up to. */
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

/** The value by which a line was matched to a resource. */
export const matchedBy = z.enum(['provider_id', 'name']);

/** A cost line as it is listed; its amounts are in the provider's currency. */
export const listedCostLine = costLine.extend({
  invoice_uuid: z.string(),
  period: periodText,
  category: z.string().nullable(),
  /** As the provider wrote it; `amount_cents` is its part of the total in whole cents. */
  amount: decimalText,
  currency: currencyCode,
  provider_resource_id: z.string().nullable(),
  matched_by: matchedBy.nullable(),
});

const costLineFilter = {
  period: periodOrDate.optional(),
  kind: z.string().max(64).optional(),
  invoice_uuid: invoiceUuid.optional(),
  is_matched: z.enum(['true', 'false']).optional(),
  reason: z.enum(['destroyed_before_first_sync', 'tax', 'account_level', 'unknown']).optional(),
  resource_id: uuid.optional(),
  tenant_id: tenantId.optional(),
  deployment_id: uuid.optional(),
};

export const listCostLines = defineRequest({
  name: 'cost-line.list',
  service: 'billing-ingest',
  summary: "List the lines of the provider's invoices with their match and allocation.",
  effect: 'read',
  roles: operators,
  input: pageInput.extend(costLineFilter),
  output: pageOf(listedCostLine),
  refusals: ['invalid-cursor'],
});

export const exportCostLines = defineRequest({
  name: 'cost-line.export',
  service: 'billing-ingest',
  summary: "Export the lines of the provider's invoices as CSV, one row for each share of a line.",
  effect: 'read',
  roles: operators,
  input: z.object(costLineFilter),
  output: z.unknown(),
  refusals: [],
});

const matchCount = z.object({
  lines: z.int(),
  matched: z.int(),
  amount_cents: cents,
  matched_cents: cents,
  /** Fractions with six decimals; null where there is nothing to match. Tax is in neither. */
  rate_by_count: decimalText.nullable(),
  rate_by_amount: decimalText.nullable(),
});

export const getMatchRate = defineRequest({
  name: 'cost-line.match-rate',
  service: 'billing-ingest',
  summary: "Get the share of the provider's invoices that is matched to resources, by count and by amount.",
  effect: 'read',
  roles: operators,
  input: z.object({ period: periodOrDate.optional() }),
  output: z.object({
    total: matchCount,
    by_period: z.array(matchCount.extend({ period: periodText })),
    by_kind: z.array(matchCount.extend({ kind: z.string() })),
    unmatched: z.array(z.object({ reason: z.string(), lines: z.int(), amount_cents: cents })),
  }),
  refusals: [],
});

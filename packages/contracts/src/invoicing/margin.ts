import { z } from 'zod';
import { operators } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { pageInput } from '../page.ts';
import { periodText } from '../time.ts';

/** Grouping of margins: one row for each value. */
export const marginGrouping = z.enum(['tenant', 'deployment', 'kind', 'plan', 'period']);

/** Revenue, cost and margin of one group; amounts in minor units of the billing currency, without tax. */
export const marginRow = z.object({
  period: periodText,
  tenant_id: tenantId.nullable(),
  deployment_id: uuid.nullable(),
  kind: z.string().nullable(),
  plan_code: z.string().nullable(),
  /** What a row without an owner is: the operator's own cost, what nobody was found for, or the provider's tax. */
  target: z.enum(['customer', 'operator', 'unallocated', 'provider_tax']),
  /** In the billing currency, without tax. Cost and margin are null until the period's provider invoice and its rate are there. */
  revenue_cents: cents,
  cost_cents: cents.nullable(),
  margin_cents: cents.nullable(),
  /** As the provider billed it; null until it has. */
  cost_provider_cents: cents.nullable(),
  margin_percent: decimalText.nullable(),
});

/** Filter of the margins. */
export const marginFilter = {
  period: periodText.optional(),
  from: periodText.optional(),
  to: periodText.optional(),
  group_by: marginGrouping.default('tenant'),
  tenant: tenantId.optional(),
};

export const getMargin = defineRequest({
  name: 'margin.get',
  service: 'invoicing',
  summary: "List margins: revenue less the provider's cost, both without tax, losses first.",
  effect: 'read',
  roles: operators,
  input: z.object({
    ...marginFilter,
    limit: z.coerce.number().int().min(1).max(200).default(200),
    cursor: pageInput.shape.cursor,
  }),
  output: z.object({
    /** Null: several, or none known. */
    currency: currencyCode.nullable(),
    provider_currency: currencyCode.nullable(),
    /** The rates pinned, by period; null where an operator has not pinned one and costs are not known in the billing currency. */
    fx: z.array(z.object({ period: periodText, from: currencyCode, to: currencyCode, rate: decimalText.nullable() })),
    /** The periods whose provider invoice is not here; what they cost is not known, and so neither is the total. */
    missing_bills: z.array(periodText),
    totals: z.object({
      revenue_cents: cents,
      cost_cents: cents.nullable(),
      margin_cents: cents.nullable(),
      cost_provider_cents: cents.nullable(),
    }),
    /** Revenue that is in neither: it is not in the rows. */
    other_currencies: z.array(z.object({ currency: currencyCode, revenue_cents: cents })),
    items: z.array(marginRow),
    next_cursor: z.string().nullable(),
  }),
  refusals: ['invalid-cursor', 'invalid-range'],
});

export const getMarginCsv = defineRequest({
  name: 'margin.csv',
  service: 'invoicing',
  summary: 'Export the margins as CSV, safe to open in a spreadsheet.',
  effect: 'read',
  roles: operators,
  input: z.object(marginFilter),
  output: z.unknown(),
  refusals: ['invalid-range'],
});

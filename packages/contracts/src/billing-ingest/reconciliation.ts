import { z } from 'zod';
import { operators } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { pageInput, pageOf } from '../page.ts';
import { periodText } from '../time.ts';
import { periodOrDate } from './fields.ts';

/** One difference between what was billed and what was metered. Amounts are in the provider's currency. */
export const reconciliationFinding = z.object({
  finding: z.enum(['billed_not_metered', 'metered_not_billed', 'hours_differ', 'unattributed']),
  kind: z.string(),
  resource_id: uuid.nullable(),
  name: z.string().nullable(),
  tenant_id: tenantId.nullable(),
  deployment_id: uuid.nullable(),
  billed_hours: decimalText.nullable(),
  metered_hours: decimalText.nullable(),
  /** What the difference is worth; null where no price is known. Positive: billed beyond what was metered. */
  amount_cents: cents.nullable(),
  detail: z.string(),
});

export const getReconciliation = defineRequest({
  name: 'reconciliation.get',
  service: 'billing-ingest',
  summary:
    'List differences between billed and metered resources with their amounts, and billed resources that are unowned.',
  effect: 'read',
  roles: operators,
  input: pageInput.extend({
    period: periodOrDate,
    finding: z.enum(['billed_not_metered', 'metered_not_billed', 'hours_differ', 'unattributed']).optional(),
  }),
  output: pageOf(reconciliationFinding).extend({
    period: periodText,
    currency: currencyCode,
    /** Whether an invoice of the period was ingested at all. */
    has_invoice: z.boolean(),
    summary: z.array(z.object({ finding: z.string(), count: z.int(), amount_cents: cents })),
  }),
  refusals: ['invalid-cursor'],
});

import { z } from 'zod';
import { operators } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents } from '../money.ts';
import { instantText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { periodOrDate } from './fields.ts';

/** Where a share of a provider's line ends. */
export const allocationTarget = z.enum(['deployment', 'tenant', 'operator', 'unallocated']);

/** A share of a provider's line. */
export const allocation = z.object({
  target: allocationTarget,
  tenant_id: tenantId.nullable(),
  deployment_id: uuid.nullable(),
  /** In the provider's currency. The shares of a line add up to it. */
  amount_cents: cents,
  /** The rule that shared it; null: the resource's owner pays. */
  rule: z.string().nullable(),
});

/** What a rule is for: a class of account-level line; `other` is every account-level line that has no rule of its own. */
export const accountLineClass = z.enum(['spaces', 'bandwidth', 'support', 'tax', 'credit', 'other']);

/** How account-level lines of a class are shared. Without a rule they stay unallocated. */
export const allocationRule = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('none') }),
  /** In proportion to what each deployment, tenant and the operator cost directly in the same invoice, tax aside. */
  z.strictObject({ method: z.literal('cost') }),
  /** In proportion to what each deployment used of a kind in the period. */
  z.strictObject({ method: z.literal('usage'), kind: usageKind }),
  /** Fixed fractions, at most 1 together; the rest stays unallocated. */
  z.strictObject({
    method: z.literal('fixed'),
    shares: z
      .array(
        z.strictObject({
          target: z.enum(['deployment', 'tenant', 'operator']),
          tenant_id: tenantId.nullable().default(null),
          deployment_id: uuid.nullable().default(null),
          fraction: decimalText,
        }),
      )
      .min(1)
      .max(500),
  }),
]);

const storedRule = z.object({
  line_class: accountLineClass,
  /** It holds for invoices of this period and later ones, until a later rule of the class. */
  from_period: periodText,
  rule: allocationRule,
  set_by: z.string(),
  set_at: instantText,
});

export const listAllocationRules = defineRequest({
  name: 'allocation-rule.list',
  service: 'billing-ingest',
  summary: 'List allocation rules: the sharing of account-level lines, by class and first period.',
  effect: 'read',
  roles: operators,
  input: z.object({}),
  output: z.object({ rules: z.array(storedRule) }),
  refusals: [],
});

export const putAllocationRule = defineRequest({
  name: 'allocation-rule.put',
  service: 'billing-ingest',
  summary:
    'Set the allocation rule of a class of account-level lines from a period on. Ingested invoices of these periods are allocated again.',
  effect: 'command',
  roles: operators,
  input: z.object({ line_class: accountLineClass, from_period: periodOrDate, rule: allocationRule }),
  output: storedRule.extend({ invoices: z.int().min(0) }),
  refusals: [
    'shares-exceed-one',
    'share-without-target',
    'unknown-tenant',
    'unknown-deployment',
    'tenant-mismatch',
    'unknown-kind',
  ],
});

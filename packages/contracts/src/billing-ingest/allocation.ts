import { z } from 'zod';
import { moneyReaders, moneyStaff } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest, edited } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents } from '../money.ts';
import { isReplacedField, setting } from '../replaced.ts';
import { instantText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { periodOrDate } from './fields.ts';

/** Where a share of a provider's line ends. */
export const allocationTarget = z.enum(['deployment', 'tenant', 'operator', 'unallocated']);

/** A share of a provider's line. */
export const allocation = z.object({
  target: allocationTarget.describe('Who pays the share.'),
  tenant_id: tenantId
    .nullable()
    .meta({ description: 'Tenant that pays; null for the operator and for unallocated cost.', example: 'acme' }),
  deployment_id: uuid.nullable().describe('Deployment that pays; null if the share is not for one deployment.'),
  amount_cents: cents.meta({
    description: 'Share in cents of the provider’s currency; the shares of a line sum up to it.',
    example: 500,
  }),
  rule: z.string().nullable().meta({
    description:
      'What determined the share: an allocation rule as its class and method, or `project:` and the name of the line’s project, whose owner pays; null: the owner of the resource pays.',
    example: 'bandwidth:usage',
  }),
  owned_from: instantText
    .exactOptional()
    .describe('First moment at which the target owned the resource; only on a line with several owners.'),
  owned_until: instantText
    .exactOptional()
    .describe('Last moment of that, exclusive; only on a line with several owners.'),
});

/** The class of a line that has no owner of its own; `other` is every such line whose class has no rule, also of unknown products and resources. */
export const accountLineClass = z.enum(['spaces', 'bandwidth', 'support', 'tax', 'credit', 'other']);

/** How lines of a class are shared that have no owner of their own. Without a rule they stay unallocated. */
export const allocationRule = z.discriminatedUnion('method', [
  z.strictObject({
    method: z
      .literal('none')
      .describe(
        '`none`: stays unallocated; `cost`: by direct cost in the same invoice, without tax; `usage`: by usage of `kind`; `fixed`: by fixed shares.',
      ),
  }),
  /** In proportion to what each deployment, tenant and the operator cost directly in the same invoice, tax aside. */
  z.strictObject({
    method: z
      .literal('cost')
      .describe(
        '`none`: stays unallocated; `cost`: by direct cost in the same invoice, without tax; `usage`: by usage of `kind`; `fixed`: by fixed shares.',
      ),
  }),
  /** In proportion to what each deployment used of a kind in the period. */
  z.strictObject({
    method: z
      .literal('usage')
      .describe(
        '`none`: stays unallocated; `cost`: by direct cost in the same invoice, without tax; `usage`: by usage of `kind`; `fixed`: by fixed shares.',
      ),
    kind: usageKind.meta({ description: 'Billing kind by whose usage the line is shared.', example: 'bandwidth_gb' }),
  }),
  /** Fixed fractions, at most 1 together; the rest stays unallocated. */
  z.strictObject({
    method: z
      .literal('fixed')
      .describe(
        '`none`: stays unallocated; `cost`: by direct cost in the same invoice, without tax; `usage`: by usage of `kind`; `fixed`: by fixed shares.',
      ),
    shares: z
      .array(
        z.strictObject({
          target: z.enum(['deployment', 'tenant', 'operator']).describe('Who pays the share.'),
          tenant_id: tenantId
            .nullable()
            .default(null)
            .meta({ description: 'Tenant that pays; null for the operator.', example: 'acme' }),
          deployment_id: uuid
            .nullable()
            .default(null)
            .describe('Deployment that pays; null for a tenant as a whole or the operator.'),
          fraction: decimalText.meta({
            description: 'Share from 0 to 1; all shares together are at most 1.',
            example: '0.25',
          }),
        }),
      )
      .min(1)
      .max(500)
      .describe('The shares; what they leave open stays unallocated.'),
  }),
]);

const storedRule = z.object({
  line_class: accountLineClass.describe(
    'Class of lines without an owner of their own; `other` is every class without a rule, and every line of an unknown product or resource.',
  ),
  from_period: periodText.meta({
    description: 'First period for which the rule holds, until a later rule of the class.',
    example: '2026-04',
  }),
  rule: allocationRule.describe('How the lines are shared.'),
  set_by: z.string().meta({ description: 'Subject of the person or service that set it.', example: 'olivia' }),
  set_at: instantText.describe('When it was set.'),
});

/** A rule with who has replaced it. */
const listedRule = storedRule.extend({ replaced_by: setting.replaced_by, replaced_at: setting.replaced_at });

export const listAllocationRules = defineRequest({
  name: 'allocation-rule.list',
  service: 'billing-ingest',
  summary: 'List allocation rules: the sharing of account-level lines, by class and first period.',
  effect: 'read',
  roles: moneyReaders,
  input: z.object({ is_replaced: isReplacedField }),
  output: z.object({ rules: z.array(listedRule).describe('The rules by class and period.') }),
  refusals: [],
});

export const getAllocationRule = defineRequest({
  name: 'allocation-rule.get',
  service: 'billing-ingest',
  summary: 'Get the allocation rules of a class of account-level lines, by first period.',
  effect: 'read',
  roles: moneyReaders,
  input: z.object({
    line_class: accountLineClass.describe('Class of lines without an owner of their own.'),
  }),
  output: z.object({ rules: z.array(storedRule).describe('The rules of the class by period.') }),
  refusals: [],
  isVersioned: true,
});

export const putAllocationRule = defineRequest({
  name: 'allocation-rule.put',
  service: 'billing-ingest',
  summary:
    'Set the allocation rule of a class of account-level lines from a period on. Ingested invoices of these periods are allocated again.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    line_class: accountLineClass.describe(
      'Class of lines without an owner of their own; `other` is every class without a rule, and every line of an unknown product or resource.',
    ),
    from_period: periodOrDate.meta({
      description: 'First period for which the rule holds, until a later rule of the class.',
      example: '2026-04',
    }),
    rule: allocationRule.describe('How the lines are shared.'),
  }),
  output: storedRule.extend({
    replaces: listedRule
      .nullable()
      .describe('The rule of the same class and period that it has replaced; null: there was none.'),
    invoices: z.int().min(0).meta({ description: 'Provider invoices that are allocated again.', example: 1 }),
  }),
  refusals: [
    'shares-exceed-one',
    'share-without-target',
    'unknown-tenant',
    'unknown-deployment',
    'tenant-mismatch',
    'unknown-kind',
  ],
  edits: edited(getAllocationRule, ['line_class']),
});

import { z } from 'zod';
import { everyone, moneyStaff } from '../actor.ts';
import { defineRequest, edited } from '../define.ts';
import { countField, flagField } from '../fields.ts';
import { tenantId } from '../ids.ts';
import { cents, currencyCode, knownCurrency } from '../money.ts';
import { pageInput, pageOf, searchField } from '../page.ts';
import { instantText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { catalogCode, enteredCents, enteredUnitPrice, positiveDecimal, unsignedDecimal } from './fields.ts';
import {
  chargeModelField,
  markUp,
  priceDimension,
  priceItem,
  proration,
  providerBill,
  sizePrice,
  sizesText,
} from './terms.ts';

/** An item as it is written; what is left out has its usual value. Wrong combinations are refused naming the item. */
export const priceItemInput = z.object({
  kind: usageKind.meta({ description: 'Billing kind: what is counted and priced.', example: 'droplet_hours' }),
  dimension: priceDimension.exactOptional(),
  included_qty: unsignedDecimal.default('0').meta({
    description:
      'Quantity that the base price includes in a month, in the unit of the kind. It counts for the usage that this item prices.',
    example: '744',
  }),
  overage_unit: positiveDecimal.default('1').meta({
    description: 'How many units the price is for: `1` for cents per hour, `1000000` for cents per million tokens.',
    example: '1',
  }),
  overage_price_cents: enteredUnitPrice.nullable().default(null).meta({
    description:
      'Price of `overage_unit` units above the included quantity, in cents; null: the fallback price of the kind, or by `tiers`.',
    example: '1.5',
  }),
  charge_model: chargeModelField.default('standard'),
  tiers: z
    .array(
      z.object({
        up_to: positiveDecimal
          .nullable()
          .meta({ description: 'Upper bound of the tier, inclusive; null for the last, open one.', example: '1000' }),
        unit_price_cents: enteredUnitPrice.meta({
          description: 'Price of `overage_unit` units within the tier, in cents.',
          example: '1.2',
        }),
      }),
    )
    .nullable()
    .default(null)
    .describe(
      'Tiers, ascending, counted from the first unit above the included quantity; null for a charge model without tiers.',
    ),
  sizes: z.array(sizePrice(enteredUnitPrice)).max(500).exactOptional().describe(sizesText),
  mark_up_percent: markUp.exactOptional(),
  hard_cap_qty: unsignedDecimal
    .nullable()
    .default(null)
    .meta({ description: 'Reported usage above this quantity in a month is refused; null: no cap.', example: '2000' }),
});

/** Status of a plan version. */
export const planVersionStatus = z.enum(['draft', 'active', 'retired']);

/** A version of a plan with its terms. */
export const planVersion = z.object({
  plan_code: catalogCode.meta({ description: 'Code of the plan.', example: 'studio' }),
  name: z.string().meta({ description: 'Name as printed on invoices.', example: 'Studio' }),
  version: z.int().min(1).meta({ description: 'Version of the plan, from 1.', example: 2 }),
  status: planVersionStatus.describe(
    '`draft`: can be edited; `active`: is offered; `retired`: is no longer offered, existing subscriptions keep it.',
  ),
  base_price_cents: cents.meta({
    description: 'Price of a month before usage, in cents without tax (with tax, if prices are tax-inclusive).',
    example: 4900,
  }),
  currency: currencyCode.meta({ description: 'Currency of all amounts, an ISO 4217 code.', example: 'AUD' }),
  proration: proration.describe(
    '`daily`: base price and included quantities count by the days in force; `none`: a started month counts whole.',
  ),
  provider_bill: providerBill.exactOptional(),
  items: z.array(priceItem).describe('How each kind is priced; a kind that is not listed has its fallback price.'),
  offered_to: z
    .array(tenantId)
    .nullable()
    .describe('Tenants that see, quote and take the version; null: all. A tenant sees only itself named.'),
  published_at: instantText.nullable().describe('When the version was published; null for a draft.'),
  retired_at: instantText.nullable().describe('When the version was retired; null before.'),
});

const planVersionTerms = {
  base_price_cents: enteredCents.meta({
    description: 'Price of a month before usage, in cents without tax (with tax, if prices are tax-inclusive).',
    example: 4900,
  }),
  currency: knownCurrency
    .default('AUD')
    .meta({ description: 'Currency of all amounts, an ISO 4217 code.', example: 'AUD' }),
  proration: proration
    .default('none')
    .describe(
      '`daily`: base price and included quantities count by the days in force; `none`: a started month counts whole.',
    ),
  provider_bill: providerBill.exactOptional(),
  items: z
    .array(priceItemInput)
    .max(100)
    .default([])
    .describe('How each kind is priced; a kind that is not listed has its fallback price.'),
  offered_to: z
    .array(tenantId)
    .min(1)
    .max(1000)
    .nullable()
    .optional()
    .describe(
      'Tenants that see, quote and take the version; null: all tenants. Left out, it stays as in the draft or in the active version; a new plan is offered to all.',
    ),
};

export const listPlans = defineRequest({
  name: 'plans.list',
  service: 'invoicing',
  summary: 'List plan versions on offer; for operators also drafts, retired ones and those offered to named tenants.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    plan_code: catalogCode.optional().meta({ description: 'Only versions of this plan.', example: 'studio' }),
    q: searchField('Only plans whose code or name contains this text, upper or lower case.'),
    status: planVersionStatus
      .optional()
      .describe('Only versions with this status. A tenant sees active versions only.'),
  }),
  output: pageOf(planVersion),
  refusals: ['invalid-cursor'],
});

export const getPlan = defineRequest({
  name: 'plans.get',
  service: 'invoicing',
  summary: 'Get the active version of a plan.',
  effect: 'read',
  roles: everyone,
  input: z.object({ plan_code: catalogCode.meta({ description: 'Code of the plan.', example: 'studio' }) }),
  output: planVersion,
  refusals: ['not-found'],
  isVersioned: true,
});

export const getPlanVersion = defineRequest({
  name: 'plan-versions.get',
  service: 'invoicing',
  summary: 'Get a version of a plan. A tenant sees active versions that are offered to it.',
  effect: 'read',
  roles: everyone,
  input: z.object({
    plan_code: catalogCode.meta({ description: 'Code of the plan.', example: 'studio' }),
    version: countField(1, 2_147_483_647).meta({ description: 'Version of the plan, from 1.', example: 2 }),
  }),
  output: planVersion,
  refusals: ['not-found'],
  isVersioned: true,
});

export const createPlan = defineRequest({
  name: 'plans.create',
  service: 'invoicing',
  summary: 'Create a plan with its first version, a draft unless it is published at once.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    plan_code: catalogCode.meta({ description: 'Code of the plan.', example: 'studio' }),
    name: z.string().min(1).max(100).meta({ description: 'Name as printed on invoices.', example: 'Studio' }),
    ...planVersionTerms,
    publish: flagField.default(false).describe('True: publish the first version at once.'),
  }),
  output: planVersion,
  refusals: ['plan-exists', 'invalid-plan', 'unknown-kind', 'unknown-tenant'],
});

export const putPlan = defineRequest({
  name: 'plans.put',
  service: 'invoicing',
  summary: 'Create or update a plan; a new version is published only if its terms changed.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    plan_code: catalogCode.meta({ description: 'Code of the plan.', example: 'studio' }),
    name: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .meta({ description: 'Name as printed on invoices.', example: 'Studio' }),
    ...planVersionTerms,
  }),
  output: planVersion,
  refusals: ['invalid-plan', 'unknown-kind', 'unknown-tenant'],
  edits: edited(getPlan, ['plan_code']),
});

export const createPlanVersion = defineRequest({
  name: 'plan-versions.create',
  service: 'invoicing',
  summary: 'Create a draft of the next version of a plan.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    plan_code: catalogCode.meta({ description: 'Code of the plan.', example: 'studio' }),
    ...planVersionTerms,
  }),
  output: planVersion,
  refusals: ['not-found', 'invalid-plan', 'unknown-kind', 'unknown-tenant'],
});

export const updatePlanVersion = defineRequest({
  name: 'plan-versions.update',
  service: 'invoicing',
  summary: 'Replace the terms of a draft. Published versions never change.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    plan_code: catalogCode.meta({ description: 'Code of the plan.', example: 'studio' }),
    version: countField(1, 2_147_483_647).meta({ description: 'Version of the plan, from 1.', example: 2 }),
    ...planVersionTerms,
  }),
  output: planVersion,
  refusals: ['not-found', 'not-a-draft', 'invalid-plan', 'unknown-kind', 'unknown-tenant'],
  edits: edited(getPlanVersion, ['plan_code', 'version']),
});

const planVersionName = z.object({
  plan_code: catalogCode.meta({ description: 'Code of the plan.', example: 'studio' }),
  version: countField(1, 2_147_483_647).meta({ description: 'Version of the plan, from 1.', example: 2 }),
});

export const publishPlanVersion = defineRequest({
  name: 'plan-versions.publish',
  service: 'invoicing',
  summary: 'Publish a draft and retire the version before it. Existing subscriptions keep theirs.',
  effect: 'command',
  roles: moneyStaff,
  input: planVersionName,
  output: planVersion,
  refusals: ['not-found', 'not-a-draft', 'published-meanwhile', 'invalid-plan'],
  edits: edited(getPlanVersion, ['plan_code', 'version']),
});

export const retirePlanVersion = defineRequest({
  name: 'plan-versions.retire',
  service: 'invoicing',
  summary: 'Retire a version. Existing subscriptions keep it.',
  effect: 'command',
  roles: moneyStaff,
  input: planVersionName,
  output: planVersion,
  refusals: ['not-found', 'not-active'],
  edits: edited(getPlanVersion, ['plan_code', 'version']),
});

export const deletePlanVersion = defineRequest({
  name: 'plan-versions.delete',
  service: 'invoicing',
  summary: 'Delete a draft version.',
  effect: 'command',
  roles: moneyStaff,
  input: planVersionName,
  output: z.object({ deleted: z.boolean().describe('Always true.') }),
  refusals: ['not-found', 'not-a-draft'],
  edits: edited(getPlanVersion, ['plan_code', 'version']),
});

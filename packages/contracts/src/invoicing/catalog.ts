import { z } from 'zod';
import { everyone, operators } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId } from '../ids.ts';
import { cents, currencyCode, knownCurrency } from '../money.ts';
import { pageInput, pageOf } from '../page.ts';
import { dayText, instantText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { chargeModel, priceItem, proration, taxPolicy } from './events.ts';
import { catalogCode, enteredCents, enteredUnitPrice, flag, positiveDecimal, unsignedDecimal } from './fields.ts';

/** An item as it is written; what is left out has its usual value. Wrong combinations are refused naming the item. */
export const priceItemInput = z.object({
  kind: usageKind,
  included_qty: unsignedDecimal.default('0'),
  overage_unit: positiveDecimal.default('1'),
  overage_price_cents: enteredUnitPrice.nullable().default(null),
  charge_model: chargeModel.default('standard'),
  tiers: z
    .array(z.object({ up_to: positiveDecimal.nullable(), unit_price_cents: enteredUnitPrice }))
    .nullable()
    .default(null),
  hard_cap_qty: unsignedDecimal.nullable().default(null),
});

/** Status of a plan version. */
export const planVersionStatus = z.enum(['draft', 'active', 'retired']);

/** A version of a plan with its terms. */
export const planVersion = z.object({
  plan_code: catalogCode,
  name: z.string(),
  version: z.int().min(1),
  status: planVersionStatus,
  base_price_cents: cents,
  currency: currencyCode,
  proration,
  items: z.array(priceItem),
  published_at: instantText.nullable(),
  retired_at: instantText.nullable(),
});

const planVersionTerms = {
  base_price_cents: enteredCents,
  currency: knownCurrency.default('AUD'),
  proration: proration.default('none'),
  items: z.array(priceItemInput).max(100).default([]),
};

/** An addon: an additional included quantity at a monthly price. */
export const addon = z.object({
  addon_code: catalogCode,
  name: z.string(),
  kind: usageKind,
  qty: decimalText,
  price_cents: cents,
  currency: currencyCode,
  is_offered: z.boolean(),
});

/** The fallback price of a kind. */
export const resourcePrice = z.object({
  kind: usageKind,
  currency: currencyCode,
  valid_from: dayText,
  unit_price_cents: decimalText,
  overage_unit: decimalText,
});

export const listPlans = defineRequest({
  name: 'plans.list',
  service: 'invoicing',
  summary: 'List plan versions on offer; for operators also drafts and retired ones.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({ plan_code: catalogCode.optional(), status: planVersionStatus.optional() }),
  output: pageOf(planVersion),
  refusals: ['invalid-cursor'],
});

export const createPlan = defineRequest({
  name: 'plans.create',
  service: 'invoicing',
  summary: 'Create a plan with its first version, a draft unless it is published at once.',
  effect: 'command',
  roles: operators,
  input: z.object({
    plan_code: catalogCode,
    name: z.string().min(1).max(100),
    ...planVersionTerms,
    publish: flag.default(false),
  }),
  output: planVersion,
  refusals: ['plan-exists', 'invalid-plan'],
});

export const putPlan = defineRequest({
  name: 'plans.put',
  service: 'invoicing',
  summary: 'Create or update a plan; a new version is published only if its terms changed.',
  effect: 'command',
  roles: operators,
  input: z.object({ plan_code: catalogCode, name: z.string().min(1).max(100).optional(), ...planVersionTerms }),
  output: planVersion,
  refusals: ['invalid-plan'],
});

export const createPlanVersion = defineRequest({
  name: 'plan-versions.create',
  service: 'invoicing',
  summary: 'Create a draft of the next version of a plan.',
  effect: 'command',
  roles: operators,
  input: z.object({ plan_code: catalogCode, ...planVersionTerms }),
  output: planVersion,
  refusals: ['not-found', 'invalid-plan'],
});

export const updatePlanVersion = defineRequest({
  name: 'plan-versions.update',
  service: 'invoicing',
  summary: 'Replace the terms of a draft. Published versions never change.',
  effect: 'command',
  roles: operators,
  input: z.object({ plan_code: catalogCode, version: z.coerce.number().int().min(1), ...planVersionTerms }),
  output: planVersion,
  refusals: ['not-found', 'not-a-draft', 'invalid-plan'],
});

const planVersionName = z.object({ plan_code: catalogCode, version: z.coerce.number().int().min(1) });

export const publishPlanVersion = defineRequest({
  name: 'plan-versions.publish',
  service: 'invoicing',
  summary: 'Publish a draft and retire the version before it. Existing subscriptions keep theirs.',
  effect: 'command',
  roles: operators,
  input: planVersionName,
  output: planVersion,
  refusals: ['not-found', 'not-a-draft', 'published-meanwhile', 'invalid-plan'],
});

export const retirePlanVersion = defineRequest({
  name: 'plan-versions.retire',
  service: 'invoicing',
  summary: 'Retire a version. Existing subscriptions keep it.',
  effect: 'command',
  roles: operators,
  input: planVersionName,
  output: planVersion,
  refusals: ['not-found', 'not-active'],
});

export const deletePlanVersion = defineRequest({
  name: 'plan-versions.delete',
  service: 'invoicing',
  summary: 'Delete a draft version.',
  effect: 'command',
  roles: operators,
  input: planVersionName,
  output: z.object({ deleted: z.boolean() }),
  refusals: ['not-found', 'not-a-draft'],
});

export const listAddons = defineRequest({
  name: 'addons.list',
  service: 'invoicing',
  summary: 'List addons on offer; for operators also the others.',
  effect: 'read',
  roles: everyone,
  input: pageInput,
  output: pageOf(addon),
  refusals: ['invalid-cursor'],
});

export const putAddon = defineRequest({
  name: 'addons.put',
  service: 'invoicing',
  summary: 'Create or update an addon. Attached ones keep their price and quantity.',
  effect: 'command',
  roles: operators,
  input: z.object({
    addon_code: catalogCode,
    name: z.string().min(1).max(100).optional(),
    kind: usageKind,
    qty: positiveDecimal,
    price_cents: enteredCents,
    currency: knownCurrency.default('AUD'),
    is_offered: flag.default(true),
  }),
  output: addon,
  refusals: [],
});

export const listPrices = defineRequest({
  name: 'prices.list',
  service: 'invoicing',
  summary: 'List fallback prices, for kinds that a plan does not price.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({ kind: usageKind.optional() }),
  output: pageOf(resourcePrice),
  refusals: ['invalid-cursor'],
});

export const putPrice = defineRequest({
  name: 'prices.put',
  service: 'invoicing',
  summary: 'Set the fallback price of a kind from a day on. Invoiced days keep theirs.',
  effect: 'command',
  roles: operators,
  input: z.object({
    kind: usageKind,
    currency: knownCurrency.default('AUD'),
    /** Today unless told. */
    valid_from: dayText.optional(),
    unit_price_cents: enteredUnitPrice,
    overage_unit: positiveDecimal.default('1'),
  }),
  output: resourcePrice,
  refusals: ['period-invoiced'],
});

/** The billing profile of a tenant. */
export const billingProfile = z.object({
  tenant_id: tenantId,
  name: z.string(),
  address: z.array(z.string()),
  registration_number: z.string().nullable(),
  currency: currencyCode,
  payment_terms_days: z.int(),
  tax: taxPolicy,
});

export const getBillingProfile = defineRequest({
  name: 'billing-profiles.get',
  service: 'invoicing',
  summary: 'Get the billing profile of a tenant: name, address, currency, tax, days to pay.',
  effect: 'read',
  roles: everyone,
  input: z.object({ tenant_id: tenantId }),
  output: billingProfile,
  refusals: ['not-found'],
});

const enteredTaxRate = decimalText.regex(/^(0+(\.\d+)?|0*1(\.0+)?)$/, 'a fraction from 0 to 1: "0.1" is ten per cent');

export const putBillingProfile = defineRequest({
  name: 'billing-profiles.put',
  service: 'invoicing',
  summary: "Update the given fields of a tenant's billing profile, from its next invoice on.",
  effect: 'command',
  roles: operators,
  input: z.object({
    tenant_id: tenantId,
    name: z.string().min(1).max(200).optional(),
    address: z.array(z.string().max(200)).max(6).optional(),
    registration_number: z.string().max(40).nullable().optional(),
    currency: knownCurrency.optional(),
    payment_terms_days: z.int().min(0).max(365).optional(),
    tax: taxPolicy.extend({ rate: enteredTaxRate }).partial().optional(),
  }),
  output: billingProfile,
  refusals: ['currency-in-use'],
});

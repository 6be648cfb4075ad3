import { z } from 'zod';
import { businessYear } from './world-business.ts';
import { decimal, instant, month, reference } from './world-fields.ts';

const code = z.string().regex(/^[a-z0-9_]+$/, { error: 'a code is lower-case letters, digits and _' });

const tenant = z.strictObject({
  id: z.string().min(1),
  name: z.string().optional(),
  currency: z.string().length(3).optional().describe('Default: AUD.'),
  tax: z
    .strictObject({ name: z.string(), rate: decimal.describe('0.10 is ten per cent.') })
    .optional()
    .describe('Default: GST, ten per cent.'),
  address: z.array(z.string()).optional(),
  registration_number: z.string().optional().describe('As printed on invoices, such as `ABN 53 004 085 616`.'),
  payment_terms_days: z.number().int().min(0).optional().describe('Days from the issue until an invoice is due.'),
  language: z.enum(['en', 'de']).optional().describe('Language of the mails that it gets. Default: en.'),
  email_recipients: z.array(z.email()).max(10).optional().describe('Addresses that its invoices are mailed to.'),
});

const deployment = z.strictObject({
  id: z.string().optional().describe('UUID. Default: derived from tenant and slug.'),
  tenant: z.string(),
  slug: z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, { error: 'a slug is lower-case letters, digits and -' }),
  display_name: z.string().optional(),
  region: z.string().default('syd1'),
  state: z.string().optional().describe('Default: active.'),
  llm_mode: z.string().optional(),
  template_code: z.string().optional(),
  template_version: z.string().optional(),
  project: reference.optional().describe('Provider project (name or id) bound to it.'),
  created_at: instant.optional().describe('Default: when the world begins.'),
});

const subscription = z.strictObject({
  deployment: reference.describe('Id or slug.'),
  plan: code,
  starts_at: instant
    .optional()
    .describe('Default: start of the period, or the creation of the deployment if that is later.'),
  ends_at: instant.optional(),
  trial_ends_at: instant.optional(),
  addons: z
    .array(
      z.strictObject({
        code,
        quantity: z.number().int().positive().default(1),
        from: instant.optional(),
        until: instant.optional(),
      }),
    )
    .default([]),
  changes: z
    .array(
      z.strictObject({
        at: instant,
        plan: code.optional(),
        status: z.enum(['active', 'paused', 'cancelled']).optional(),
      }),
    )
    .default([]),
});

const binding = z
  .strictObject({
    deployment: reference,
    project: reference.optional(),
    tag: z.string().optional(),
    from: instant.optional(),
  })
  .refine((value) => (value.project === undefined) !== (value.tag === undefined), {
    error: 'a binding names either a project or a tag',
  });

const usage = z.strictObject({
  id: z.string().optional().describe('Event id; reporting it twice counts once. Default: derived.'),
  at: instant.describe('When it was used, and when it is reported unless reported_at says otherwise.'),
  reported_at: instant.optional(),
  deployment: reference,
  kind: z.string(),
  form: z.enum(['usage', 'reading']).default('usage'),
  subject: z.string().optional().describe('Reading: the object with the given size.'),
  quantity: decimal,
});

const planItem = z.strictObject({
  kind: z.string(),
  dimension: z.string().optional().describe('The size that the item is for; a * at its end: all that begin so.'),
  included_qty: decimal.default('0'),
  overage_unit: decimal.default('1').describe('The unit the price is for: "1000000" for per million.'),
  overage_price_cents: decimal.optional().describe('Absent: the plan sets no price for overage.'),
  charge_model: z.string().default('standard').describe('A charge model of the catalog; checked when the plan is put.'),
  tiers: z.array(z.strictObject({ up_to: decimal.nullable(), unit_price_cents: decimal })).optional(),
  sizes: z.array(z.strictObject({ dimension: z.string(), unit_price_cents: decimal })).optional(),
  mark_up_percent: z.string().optional().describe('For `cost_plus` and `pass_through`.'),
  hard_cap_qty: decimal.optional(),
});

const plan = z.strictObject({
  code,
  name: z.string().optional(),
  base_price_cents: z.number().int().min(0),
  currency: z.string().length(3).default('AUD'),
  proration: z.enum(['none', 'daily']).default('none'),
  provider_bill: z
    .enum(['wait', 'adjust'])
    .optional()
    .describe('Whether an invoice waits for the bill that `pass_through` charges, or is adjusted by it later.'),
  items: z.array(planItem).default([]),
});

const addon = z.strictObject({
  code,
  name: z.string().optional(),
  kind: z.string(),
  qty: decimal,
  price_cents: z.number().int().min(0),
  currency: z.string().length(3).default('AUD'),
});

const price = z.strictObject({
  kind: z.string(),
  unit_price_cents: decimal,
  currency: z.string().length(3).default('AUD'),
  overage_unit: decimal.default('1'),
  effective_from: instant.optional(),
});

const listPrice = z.strictObject({
  kind: z.string(),
  dimension: z.string().optional(),
  valid_from: z.string().optional().describe('Day. Default: when the world begins.'),
  currency: z.string().length(3).default('USD'),
  price_monthly: decimal.optional().describe('Of a kind that is counted in hours; else `unit_price`.'),
  unit_price: decimal.optional(),
});

const exchangeRate = z.strictObject({
  period: month,
  from: z.string().length(3).default('USD'),
  to: z.string().length(3).default('AUD'),
  rate: decimal,
  source: z.string().default('the world that is played'),
  at: instant.optional().describe('When it is pinned. Default: when the world begins.'),
});

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, { error: 'a day such as 2026-04-16' });
const days = {
  from: day.optional().describe('Default: the first day of the period.'),
  until: day.optional().describe('The first day without it. Default: it has no end.'),
};

const terms = z.strictObject({
  discounts: z
    .array(
      z.strictObject({
        tenant: z.string(),
        name: z.string().default('Discount'),
        on: z.enum(['plan', 'kind', 'invoice']).default('invoice'),
        plan: code.optional(),
        kind: z.string().optional(),
        percent: decimal.optional(),
        amount_cents: z.number().int().positive().optional(),
        first_period: month.optional().describe('Default: the period of the world.'),
        last_period: month.optional(),
      }),
    )
    .default([]),
  price_overrides: z
    .array(
      z.strictObject({
        tenant: z.string(),
        plan: code,
        base_price_cents: z.number().int().min(0).optional(),
        kind: z.string().optional(),
        overage_price_cents: decimal.optional(),
        ...days,
      }),
    )
    .default([]),
  commitments: z
    .array(z.strictObject({ tenant: z.string(), amount_cents: z.number().int().positive(), ...days }))
    .default([]),
  prepaid_credits: z
    .array(
      z.strictObject({
        tenant: z.string(),
        origin: z.enum(['granted', 'paid']).default('granted'),
        name: z.string().default('Credit'),
        amount_cents: z.number().int().positive(),
        from: day.optional().describe('Default: the first day of the period.'),
        expires_on: day.optional().describe('The first day without it. Default: it does not expire.'),
      }),
    )
    .default([]),
});

/** The operator's setup: tenants, their deployments and their plans. */
export const platformSide = z.strictObject({
  internal_project: reference.optional().describe('The provider project of the operator itself.'),
  tenants: z.array(tenant).default([]),
  deployments: z.array(deployment).default([]),
  subscriptions: z.array(subscription).default([]),
  bindings: z.array(binding).default([]).describe('Besides the `project` of a deployment.'),
  attributions: z
    .array(
      z.strictObject({
        kind: z.string().default('droplet'),
        resource: reference,
        deployment: reference,
        from: instant,
      }),
    )
    .default([])
    .describe('By hand, with a date.'),
  projects: z
    .array(z.strictObject({ project: reference, tenant: z.string().optional(), purpose: z.string().optional() }))
    .default([])
    .describe('Classification of provider projects.'),
  desired: z
    .array(
      z.strictObject({
        kind: z.string().default('droplet'),
        resource: reference.describe('Name or provider id.'),
        spec: z.record(z.string(), z.json()),
      }),
    )
    .default([])
    .describe('The desired state, with which drift compares.'),
  usage: z.array(usage).default([]),
  sagas: z
    .array(
      z.strictObject({
        kind: z.string(),
        at: instant.optional().describe('Default: half an hour after the close of the month, a minute apart.'),
        inputs: z.record(z.string(), z.json()).default({}),
      }),
    )
    .default([])
    .describe('In order. An input `deployment` (id or slug) becomes `deployment_id`.'),
  exchange_rates: z.array(exchangeRate).default([]),
  catalog: z
    .strictObject({
      plans: z.array(plan).default([]),
      addons: z.array(addon).default([]),
      prices: z.array(price).default([]),
      list_prices: z
        .array(listPrice)
        .default([])
        .describe('List prices of the provider that its API does not list; those of droplet sizes are observed.'),
    })
    .optional()
    .describe('Added to the seed catalog; the same code replaces it.'),
  terms: terms.optional().describe('Terms of single tenants, agreed when the world begins.'),
  ...businessYear,
});

export type PlatformSide = z.output<typeof platformSide>;

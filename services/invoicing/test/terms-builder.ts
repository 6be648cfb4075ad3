import { dayInterval, daysOf, secondsOf } from '@arcadia/contracts';
import type { RatingInput } from '../src/domain/rating/rate.ts';
import type {
  AttachedAddon,
  BilledAmount,
  PlanTerms,
  PriceItem,
  SubscriptionTerms,
  UsageSum,
} from '../src/domain/rating/terms.ts';

export const deploymentId = '6f1c7a52-0a52-4b1e-9a57-1d2f6a0c9e01';

export const gst = {
  name: 'GST',
  rate: '0.1',
  registration_number: null,
  is_inclusive: false,
  rounding: 'half_up',
} as const;

export const item = (kind: string, fields: Partial<PriceItem> = {}): PriceItem => ({
  kind,
  included_qty: '0',
  overage_unit: '1',
  overage_price_cents: '1',
  charge_model: 'standard',
  tiers: null,
  hard_cap_qty: null,
  ...fields,
});

export const plan = (fields: Partial<PlanTerms> = {}): PlanTerms => ({
  code: 'studio',
  name: 'Studio',
  version: 1,
  base_price_cents: 5000,
  currency: 'AUD',
  proration: 'none',
  items: [item('droplet_hours', { included_qty: '1488' })],
  ...fields,
});

export const addon = (fields: Partial<AttachedAddon> = {}): AttachedAddon => ({
  addon_id: '00000000-0000-8000-8000-000000000001',
  code: 'storage_50gb',
  kind: 'spaces_gb_month',
  qty: '50',
  price_cents: 750,
  quantity: 1,
  starts_at: '2026-04-01T00:00:00Z',
  ends_at: null,
  ...fields,
});

export const subscription = (
  fields: Partial<Omit<SubscriptionTerms, 'plans'>> & { plan?: PlanTerms; plans?: SubscriptionTerms['plans'] } = {},
): SubscriptionTerms => {
  const { plan: only, ...rest } = fields;
  const starts_at = fields.starts_at ?? '2026-04-01T00:00:00Z';
  return {
    subscription_id: '00000000-0000-8000-8000-00000000000a',
    starts_at,
    ends_at: null,
    trial_ends_at: null,
    plans: [{ from: starts_at, plan: only ?? plan() }],
    pauses: [],
    addons: [],
    ...rest,
  };
};

/** A plain quantity used on one day. */
export const used = (kind: string, day: string, qty: string | number, divisor = '1'): UsageSum => ({
  kind,
  from: day,
  until: Temporal.PlainDate.from(day).add({ days: 1 }).toString(),
  unit_seconds: String(qty),
  divisor,
});

/** A quantity kept for whole days, as metering publishes it: unit-seconds over the month's seconds. */
export const kept = (kind: string, units: number, days: readonly string[]): UsageSum[] =>
  days.map((day) => {
    const { start, end } = dayInterval(day);
    const seconds = Number(start.until(end).total('seconds'));
    return used(kind, day, units * seconds, String(secondsOf(day.slice(0, 7))));
  });

/** Droplets running on each of these days, all day. */
export const droplets = (count: number, days: readonly string[]): UsageSum[] =>
  days.map((day) => used('droplet_hours', day, count * 86_400, '3600'));

export const april = daysOf('2026-04');

/** An invoice of the provider, by which amounts are billed. */
export const bill = { invoice_uuid: 'bill-1', invoice_number: '509486121', currency: 'USD' };

/** A share of a line of the provider's bill, for all of April if no days are given. */
export const billed = (kind: string, amount_cents: number, fields: Partial<BilledAmount> = {}): BilledAmount => ({
  invoice_uuid: bill.invoice_uuid,
  kind,
  line_no: 1,
  description: 'web-1 (s-1vcpu-1gb)',
  resource_id: null,
  from: '2026-04-01',
  until: '2026-05-01',
  amount_cents,
  ...fields,
});

export const input = (
  fields: Partial<Omit<RatingInput, 'deployments'>> & {
    subscriptions?: SubscriptionTerms[];
    usage?: UsageSum[];
    billed?: BilledAmount[];
  } = {},
): RatingInput => {
  const { subscriptions, usage, billed, ...rest } = fields;
  return {
    period: '2026-04',
    currency: 'AUD',
    tax: gst,
    deployments: [
      {
        deployment_id: deploymentId,
        subscriptions: subscriptions ?? [subscription()],
        usage: usage ?? [],
        ...(billed === undefined ? {} : { billed }),
      },
    ],
    fallback_prices: [],
    other_lines: [],
    ...rest,
  };
};

import { observedUsages } from '@arcadia/contracts';
import type { FallbackPrice, PriceItem } from '../rating/terms.ts';

/** The catalog of a new installation, in AUD per month. Later changes by an operator stay. */
export type SeedPlan = { plan_code: string; name: string; base_price_cents: number; items: PriceItem[] };

type Overage = { unit: string; cents: string };

const overage: Record<string, Overage> = {
  droplet_hours: { unit: '1', cents: '1' },
  spaces_gb_month: { unit: '1', cents: '3' },
  snapshot_gb_month: { unit: '1', cents: '8' },
  bandwidth_gb: { unit: '1', cents: '2' },
  dns_zones: { unit: '1', cents: '50' },
  llm_input_tokens: { unit: '1000000', cents: '400' },
  llm_output_tokens: { unit: '1000000', cents: '1600' },
};

const items = (included: Record<string, string>): PriceItem[] =>
  Object.entries(included).map(([kind, included_qty]) => ({
    kind,
    included_qty,
    overage_unit: overage[kind]?.unit ?? '1',
    overage_price_cents: overage[kind]?.cents ?? null,
    charge_model: 'standard',
    tiers: null,
    hard_cap_qty: null,
  }));

export const seedPlans: readonly SeedPlan[] = [
  {
    plan_code: 'starter',
    name: 'Starter',
    base_price_cents: 2000,
    items: items({
      droplet_hours: '744',
      spaces_gb_month: '25',
      snapshot_gb_month: '20',
      bandwidth_gb: '500',
      dns_zones: '3',
    }),
  },
  {
    plan_code: 'studio',
    name: 'Studio',
    base_price_cents: 5000,
    items: items({
      droplet_hours: '1488',
      spaces_gb_month: '100',
      snapshot_gb_month: '50',
      bandwidth_gb: '2000',
      dns_zones: '10',
      llm_input_tokens: '1000000',
      llm_output_tokens: '250000',
    }),
  },
  {
    plan_code: 'pro',
    name: 'Pro',
    base_price_cents: 12_000,
    items: items({
      droplet_hours: '3720',
      spaces_gb_month: '250',
      snapshot_gb_month: '150',
      bandwidth_gb: '5000',
      dns_zones: '50',
      llm_input_tokens: '5000000',
      llm_output_tokens: '1000000',
    }),
  },
];

export const seedAddons = [
  { addon_code: 'storage_50gb', name: '50 GB of storage', kind: 'spaces_gb_month', qty: '50', price_cents: 750 },
  { addon_code: 'storage_250gb', name: '250 GB of storage', kind: 'spaces_gb_month', qty: '250', price_cents: 3000 },
  { addon_code: 'llm_1m', name: 'A million input tokens', kind: 'llm_input_tokens', qty: '1000000', price_cents: 1500 },
] as const;

/**
 * Cents per unit of kinds that no seed plan prices: the operator's own prices, not the provider's, and a start that an operator replaces.
 * Assumed at about the provider's price, a rate of 1.5 and 20 %: volumes and backups are rounded to the figures of the seed plans,
 * addresses (5 USD a month) and nodes of load balancers (12) to a cent. None of these prices of the provider is verified but that of
 * volumes (0.10 USD a GB); that of NAT gateways is one amount of an account (40 USD a month for size 1), which it does not publish.
 */
const figures: Record<string, string> = {
  backup_gb_month: '8',
  volume_gb_month: '15',
  floating_ip_hours: '1',
  load_balancer_hours: '3',
  nat_gateway_hours: '11',
};

/**
 * Every kind that is observed has a price, whatever the registry adds: a figure, or the provider's list price plus 20 %. Of two kinds that
 * count the same thing one has it: backups are charged by the gigabyte.
 */
export const seedPrices: readonly Omit<FallbackPrice, 'valid_from'>[] = observedUsages
  .filter(({ kind, insteadOf }) => overage[kind] === undefined && insteadOf === undefined)
  .map(({ kind }) => {
    const cents = figures[kind];
    return cents === undefined
      ? { kind, charge_model: 'cost_plus', mark_up_percent: '20', unit_price_cents: '0', overage_unit: '1' }
      : { kind, unit_price_cents: cents, overage_unit: '1' };
  });

export const seedTax = {
  name: 'GST',
  rate: '0.1',
  registration_number: null,
  is_inclusive: false,
  rounding: 'half_up',
} as const;

import type { invoicing } from '@arcadia/contracts';
import type { z } from 'zod';

export type PriceItem = z.infer<typeof invoicing.priceItem>;
export type TaxPolicy = z.infer<typeof invoicing.taxPolicy>;
export type Proration = z.infer<typeof invoicing.proration>;

/** One version of a plan, as subscriptions are bound to it. */
export type PlanTerms = {
  code: string;
  name: string;
  version: number;
  base_price_cents: number;
  currency: string;
  proration: Proration;
  items: PriceItem[];
};

/** An addon as it was attached: price and quantity are copies, later changes of the catalog do not reach it. */
export type AttachedAddon = {
  addon_id: string;
  code: string;
  kind: string;
  /** What one of them adds to the included quantity of its kind. */
  qty: string;
  /** For one of them, a month. */
  price_cents: number;
  /** How many of it. */
  quantity: number;
  starts_at: string;
  ends_at: string | null;
};

/** A subscription with its whole history. Instants are RFC 3339 texts in UTC; spans are half-open. */
export type SubscriptionTerms = {
  subscription_id: string;
  starts_at: string;
  ends_at: string | null;
  trial_ends_at: string | null;
  /** Ascending; the first holds from the start. */
  plans: { from: string; plan: PlanTerms }[];
  pauses: { from: string; until: string | null }[];
  addons: AttachedAddon[];
};

/** What counts when a plan says nothing of a kind. Holds from the beginning of its day until the next one of its kind. */
export type FallbackPrice = { kind: string; valid_from: string; unit_price_cents: string; overage_unit: string };

/**
 * Usage of one kind during whole UTC days `[from, until)`: exactly unit_seconds ÷ divisor. The days lie within one span of
 * constant terms (see `cutsOf`).
 */
export type UsageSum = { kind: string; from: string; until: string; unit_seconds: string; divisor: string };

export type DeploymentInput = {
  deployment_id: string;
  subscriptions: SubscriptionTerms[];
  usage: UsageSum[];
};

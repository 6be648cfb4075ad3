import type { invoicing } from '@arcadia/contracts';
import type { z } from 'zod';

/** Why a price is not that of the plan: a price override, and the price of the plan (null: none), in minor units. */
export type OwnPrice = { override_id: string; instead_of: string | null };
/** An item of a plan; `own_price` is there where a price override replaced its price. */
export type PriceItem = z.infer<typeof invoicing.priceItem> & { own_price?: OwnPrice };
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
  /** When an invoice contains what the provider's bill charges; absent: `wait`. */
  provider_bill?: 'wait' | 'adjust';
  items: PriceItem[];
  /** Only with price overrides in place: why the base price differs, and a text that differs where such terms differ. */
  own_base?: OwnPrice;
  own_price_key?: string;
};

/** An addon as it was attached: price and quantity are copies, so later changes of the catalog do not affect it. */
export type AttachedAddon = {
  addon_id: string;
  code: string;
  kind: string;
  /** The quantity that one addon adds to the included quantity of its kind. */
  qty: string;
  /** The price of one addon for a month, in minor units. */
  price_cents: number;
  /** How many are attached. */
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

/** The price of a kind that a plan does not price. It holds from the beginning of its day until the next one for the same. */
export type FallbackPrice = z.infer<typeof invoicing.fallbackPrice>;

/**
 * Usage of one kind and dimension during whole UTC days `[from, until)`: exactly unit_seconds ÷ divisor. The days lie within one
 * span of constant terms (see `cutsOf`). The dimension is absent where the facts have none.
 */
export type UsageSum = {
  kind: string;
  dimension?: string | undefined;
  /** Only of the kinds in `kindsByResource`; absent for reported usage. */
  resource_id?: string | undefined;
  from: string;
  until: string;
  unit_seconds: string;
  divisor: string;
  /** Only with the resource: the seconds during which it was used, however many units it counted; exact if it counted one or none. */
  running_seconds?: string | undefined;
};

/** The provider's price of a kind or of a size of it. */
export type ListPrice = z.infer<typeof invoicing.listPrice> & {
  /** Per cent of another price that this one is, such as that of the droplet for its backups; absent: it is a price of its own. */
  share_percent?: string;
};

/** A pinned exchange rate. */
export type ExchangeRate = z.infer<typeof invoicing.exchangeRate>;

/** An invoice of the provider that is reconciled or accepted. */
export type ProviderBill = { invoice_uuid: string; invoice_number: string | null; currency: string };

/** A deployment's share of a line of the provider's bill. */
export type BilledAmount = Omit<z.infer<typeof invoicing.billedAmount>, 'deployment_id'> & { invoice_uuid: string };

export type DeploymentInput = {
  deployment_id: string;
  subscriptions: SubscriptionTerms[];
  usage: UsageSum[];
  /** What the provider's bills charge for it; only where a price passes them through. */
  billed?: BilledAmount[];
};

/** A discount of the tenant, for whole months. */
export type Discount = z.infer<typeof invoicing.discount>;

/** A price of the tenant's own, from the beginning of one day until that of another. */
export type PriceOverride = z.infer<typeof invoicing.priceOverride>;

/** A least amount of the month, from the beginning of one day until that of another. */
export type Commitment = z.infer<typeof invoicing.commitment>;

/** What is left of a prepaid credit for the invoice of a month. */
export type AvailableCredit = Pick<
  z.infer<typeof invoicing.prepaidCredit>,
  'credit_id' | 'number' | 'origin' | 'name' | 'expires_on'
> & { available_cents: number };

/** What an invoice draws of a prepaid credit. */
export type PrepaidDraw = z.infer<typeof invoicing.prepaidDraw>;

/** The terms that a tenant has of its own, so far as they hold in a month; a list without any is absent. */
export type TenantTerms = {
  discounts?: Discount[];
  price_overrides?: PriceOverride[];
  commitments?: Commitment[];
};

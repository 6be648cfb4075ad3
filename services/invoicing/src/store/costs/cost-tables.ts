/** Fallback prices, the provider's list prices and bills, and the pinned exchange rates. */
export type CostTables = {
  resource_prices: {
    kind: string;
    dimension: string | null;
    currency: string;
    valid_from: string;
    unit_price_cents: string;
    overage_unit: string;
    charge_model: 'standard' | 'cost_plus' | null;
    mark_up_percent: string | null;
    set_by: string | null;
    set_at: string | null;
  };
  list_prices: {
    kind: string;
    dimension: string | null;
    valid_from: string;
    currency: string;
    price_monthly: string | null;
    unit_price: string | null;
    source: 'provider' | 'operator';
    revision: number;
    set_by: string | null;
    set_at: string | null;
  };
  provider_bills: {
    invoice_uuid: string;
    period: string;
    invoice_number: string | null;
    revision: number;
    status: 'reconciled' | 'unreconciled' | 'accepted';
    currency: string;
    difference_cents: string;
    settled_revision: number | null;
  };
  billed_amounts: {
    invoice_uuid: string;
    revision: number;
    part: number;
    position: number;
    tenant_id: string;
    deployment_id: string;
    kind: string;
    line_no: number;
    description: string;
    resource_id: string | null;
    first_day: string;
    after_day: string;
    amount_cents: string;
  };
  exchange_rates: { period: string; from_currency: string; to_currency: string; rate: string; revision: number };
};

import type { Commitment, Discount, PriceOverride } from '../../domain/rating/terms.ts';
import type { DiscountRule } from '../../domain/terms/discount-rule.ts';

/** A term of a tenant by its type, as it is published. */
export type Term =
  | { type: 'discount'; term: Discount }
  | { type: 'price_override'; term: PriceOverride }
  | { type: 'commitment'; term: Commitment };

export type TermRow = Term & {
  term_id: string;
  tenant_id: string;
  number: number;
  created_at: string;
  created_by: string;
  reason: string | null;
  ended_by: string | null;
  end_reason: string | null;
};

export type DiscountCodeRow = {
  code: string;
  rule: DiscountRule;
  currency: string | null;
  months: number | null;
  is_redeemable: boolean;
  tenants: string[] | null;
  redeemable_from: string | null;
  redeemable_until: string | null;
  max_redemptions: number | null;
  redemptions: number;
  created_at: string;
  created_by: string;
  ended_at: string | null;
};

export type TermTables = {
  tenant_terms: Omit<TermRow, 'type' | 'term'> & { type: Term['type']; term: string };
  tenant_terms_revisions: { tenant_id: string; revision: number };
  discount_codes: DiscountCodeRow;
  discount_redemptions: { code: string; tenant_id: string; term_id: string };
};

import { steady } from '@arcadia/platform';
import { sql } from 'kysely';
import type { AllTerms } from '../../domain/terms/terms-of-month.ts';
import type { BillingProfileRow, Db } from '../schema.ts';
import type { Term } from '../terms/term-tables.ts';
import { usualProfile } from './billing-profiles.ts';

/** How a tenant is billed, and the terms that it has of its own, in one query, since each rating needs both. */
export const findBilling = async (
  db: Db,
  tenantId: string,
): Promise<{ profile: BillingProfileRow; terms: AllTerms }> => {
  type Found = { profile: Omit<BillingProfileRow, 'tenant_id'> | null; terms: Term[] | null };
  const { rows } = await sql<Found>`${steady}SELECT
      (SELECT json_build_object('name', name, 'address', address, 'registration_number', registration_number, 'country', country,
        'buyer_reference', buyer_reference, 'currency', currency, 'payment_terms_days', payment_terms_days, 'tax', tax)
      FROM billing_profiles WHERE tenant_id = ${tenantId}) AS profile,
      (SELECT json_agg(json_build_object('type', type, 'term', term) ORDER BY number)
      FROM tenant_terms WHERE tenant_id = ${tenantId}) AS terms`.execute(db);
  const { profile = null, terms = null } = rows[0] ?? {};
  return {
    profile: profile === null ? usualProfile(tenantId) : { tenant_id: tenantId, ...profile },
    terms: byType(terms ?? []),
  };
};

export const byType = (all: readonly Term[]): AllTerms => ({
  discounts: all.flatMap(({ type, term }) => (type === 'discount' ? [term] : [])),
  price_overrides: all.flatMap(({ type, term }) => (type === 'price_override' ? [term] : [])),
  commitments: all.flatMap(({ type, term }) => (type === 'commitment' ? [term] : [])),
});

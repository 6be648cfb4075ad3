import { steady } from '@arcadia/platform';
import { type QueryExecutorProvider, sql } from 'kysely';
import type { Credit } from '../../domain/prepaid/ledger.ts';
import type { AllTerms } from '../../domain/terms/terms-of-month.ts';
import { drawsJson } from '../prepaid/prepaid-credits.ts';
import type { BillingProfileRow } from '../schema.ts';
import type { Term } from '../terms/term-tables.ts';
import { usualProfile } from './billing-profiles.ts';

/** How a tenant is billed, the terms that it has of its own and its prepaid credit, in one query, since each rating needs them. */
export const findBilling = async (
  db: QueryExecutorProvider,
  tenantId: string,
): Promise<{ profile: BillingProfileRow; terms: AllTerms; credits: Credit[] }> => {
  type Found = {
    profile: Omit<BillingProfileRow, 'tenant_id'> | null;
    terms: Term[] | null;
    credits: { credit: Omit<Credit, 'draws'>; draws: Credit['draws'] }[] | null;
  };
  const { rows } = await sql<Found>`${steady}SELECT
      (SELECT json_build_object('name', name, 'address', address, 'registration_number', registration_number, 'country', country,
        'buyer_reference', buyer_reference, 'currency', currency, 'payment_terms_days', payment_terms_days, 'tax', tax,
        'language', language, 'email_recipients', email_recipients)
      FROM billing_profiles WHERE tenant_id = ${tenantId}) AS profile,
      (SELECT json_agg(json_build_object('type', type, 'term', term) ORDER BY number)
      FROM tenant_terms WHERE tenant_id = ${tenantId}) AS terms,
      (SELECT json_agg(json_build_object('credit', c.credit, 'draws', ${drawsJson}) ORDER BY c.number)
      FROM prepaid_credits c WHERE c.tenant_id = ${tenantId}) AS credits`.execute(db);
  const { profile = null, terms = null, credits = null } = rows[0] ?? {};
  return {
    profile: profile === null ? usualProfile(tenantId) : { tenant_id: tenantId, ...profile },
    terms: byType(terms ?? []),
    credits: (credits ?? []).map(({ credit, draws }) => ({ ...credit, draws })),
  };
};

const byType = (all: readonly Term[]): AllTerms => ({
  discounts: all.flatMap(({ type, term }) => (type === 'discount' ? [term] : [])),
  price_overrides: all.flatMap(({ type, term }) => (type === 'price_override' ? [term] : [])),
  commitments: all.flatMap(({ type, term }) => (type === 'commitment' ? [term] : [])),
});

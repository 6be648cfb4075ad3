import { steady } from '@arcadia/platform';
import { seedTax } from '../../domain/catalog/seed-catalog.ts';
import type { BillingProfileRow, Db } from '../schema.ts';

/** How a tenant is billed; one that nobody has described is billed in AUD with GST, 14 days to pay. */
export const findBillingProfile = async (db: Db, tenantId: string): Promise<BillingProfileRow> =>
  (await storedBillingProfile(db, tenantId)) ?? {
    tenant_id: tenantId,
    name: tenantId,
    address: [],
    registration_number: null,
    currency: 'AUD',
    payment_terms_days: 14,
    tax: seedTax,
  };

export const storedBillingProfile = async (db: Db, tenantId: string): Promise<BillingProfileRow | null> =>
  (await db
    .selectFrom('billing_profiles')
    .modifyFront(steady)
    .select(['tenant_id', 'name', 'address', 'registration_number', 'currency', 'payment_terms_days', 'tax'])
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()) ?? null;

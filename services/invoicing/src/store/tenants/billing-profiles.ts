import { steady } from '@arcadia/platform';
import { sql } from 'kysely';
import { seedTax } from '../../domain/catalog/seed-catalog.ts';
import type { BillingProfileRow, Db } from '../schema.ts';

/** The currency of a tenant without a billing profile. */
export const usualCurrency = 'AUD';

/** The currency in which a tenant is billed. */
export const currencyOf = (tenantId: string) =>
  sql<string>`coalesce((SELECT currency FROM billing_profiles WHERE tenant_id = ${tenantId}), ${usualCurrency})`;

/** How a tenant is billed. A tenant without a profile of its own is billed in AUD with GST and has 14 days to pay. */
export const findBillingProfile = async (db: Db, tenantId: string): Promise<BillingProfileRow> =>
  (await db
    .selectFrom('billing_profiles')
    .modifyFront(steady)
    .select([
      'tenant_id',
      'name',
      'address',
      'registration_number',
      'country',
      'buyer_reference',
      'currency',
      'payment_terms_days',
      'tax',
      'language',
      'email_recipients',
    ])
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()) ?? usualProfile(tenantId);

/** How a tenant is billed that has no profile of its own. */
export const usualProfile = (tenantId: string): BillingProfileRow => ({
  tenant_id: tenantId,
  name: tenantId,
  address: [],
  registration_number: null,
  country: null,
  buyer_reference: null,
  currency: usualCurrency,
  payment_terms_days: 14,
  tax: seedTax,
  language: 'en',
  email_recipients: [],
});

/** The names of tenants that have a billing profile, by id. */
export const tenantNames = async (db: Db, tenantIds: readonly string[]): Promise<Record<string, string>> => {
  const rows = await db
    .selectFrom('billing_profiles')
    .select(['tenant_id', 'name'])
    .where('tenant_id', 'in', tenantIds)
    .execute();
  return Object.fromEntries(rows.map(({ tenant_id, name }) => [tenant_id, name]));
};

/** Saves a profile and returns its revision. */
export const saveBillingProfile = async (db: Db, profile: BillingProfileRow): Promise<number> => {
  const { revision } = await db
    .insertInto('billing_profiles')
    .values({ ...profile, tax: sql`${JSON.stringify(profile.tax)}::jsonb` })
    .onConflict((conflict) =>
      conflict.column('tenant_id').doUpdateSet((eb) => ({
        name: eb.ref('excluded.name'),
        address: eb.ref('excluded.address'),
        registration_number: eb.ref('excluded.registration_number'),
        country: eb.ref('excluded.country'),
        buyer_reference: eb.ref('excluded.buyer_reference'),
        currency: eb.ref('excluded.currency'),
        payment_terms_days: eb.ref('excluded.payment_terms_days'),
        tax: eb.ref('excluded.tax'),
        language: eb.ref('excluded.language'),
        email_recipients: eb.ref('excluded.email_recipients'),
        revision: eb('billing_profiles.revision', '+', 1),
      })),
    )
    .returning('revision')
    .executeTakeFirstOrThrow();
  return revision;
};

/** Whether a tenant has a subscription, terms of its own, prepaid credit or an invoice, so that its currency must stay. */
export const isCurrencyInUse = async (db: Db, tenantId: string): Promise<boolean> => {
  const { rows } = await sql`SELECT 1 FROM subscriptions WHERE tenant_id = ${tenantId}
    UNION ALL SELECT 1 FROM tenant_terms WHERE tenant_id = ${tenantId}
    UNION ALL SELECT 1 FROM prepaid_credits WHERE tenant_id = ${tenantId}
    UNION ALL SELECT 1 FROM tenant_invoices WHERE tenant_id = ${tenantId} LIMIT 1`.execute(db);
  return rows.length > 0;
};

import {
  type Actor,
  contentHash,
  type invoicing,
  type RequestInput,
  type RequestOutput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { sql } from 'kysely';
import type { BillingProfileRow, Schema } from '../store/schema.ts';
import { findBillingProfile } from '../store/tenants/billing-profiles.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import type { Context } from './look-up-deployment.ts';

type View = RequestOutput<typeof invoicing.getBillingProfile>;

export const getBillingProfile = async (
  ctx: Context,
  { input, actor }: { input: { tenant_id: string }; actor: Actor },
) => {
  const scope = tenantScope(actor);
  if (scope !== null && scope !== input.tenant_id) return refuse('not-found', `There is no tenant ${input.tenant_id}.`);
  return findBillingProfile(ctx.db, input.tenant_id);
};

/** What is left out stays. A currency stays while a subscription or an open line is priced in it. */
export const putBillingProfile = async (
  tx: Tx<Schema>,
  ctx: Context,
  { input }: { input: RequestInput<typeof invoicing.putBillingProfile> },
) => {
  const { tenant_id } = input;
  await lockTenant(tx.sql, tenant_id);
  const before = await findBillingProfile(tx.sql, tenant_id);
  const after: BillingProfileRow = {
    tenant_id,
    name: input.name ?? before.name,
    address: input.address ?? before.address,
    registration_number:
      input.registration_number === undefined ? before.registration_number : input.registration_number,
    currency: input.currency ?? before.currency,
    payment_terms_days: input.payment_terms_days ?? before.payment_terms_days,
    tax: {
      ...before.tax,
      ...Object.fromEntries(Object.entries(input.tax ?? {}).filter(([, value]) => value !== undefined)),
    },
  };
  if (after.currency !== before.currency && (await isCurrencyInUse(tx, tenant_id))) {
    return refuse(
      'currency-in-use',
      `${tenant_id} has a subscription or an invoice in ${before.currency}; one tenant is billed in one currency.`,
    );
  }
  await tx.sql
    .insertInto('billing_profiles')
    .values({ ...after, tax: sql`${JSON.stringify(after.tax)}::jsonb` })
    .onConflict((conflict) =>
      conflict.column('tenant_id').doUpdateSet((eb) => ({
        name: eb.ref('excluded.name'),
        address: eb.ref('excluded.address'),
        registration_number: eb.ref('excluded.registration_number'),
        currency: eb.ref('excluded.currency'),
        payment_terms_days: eb.ref('excluded.payment_terms_days'),
        tax: eb.ref('excluded.tax'),
      })),
    )
    .execute();
  // The terms of a subscription hold the tax; whoever prices from the stream alone has to hear of a new one.
  await tx.enqueue(
    'say-subscriptions',
    { tenant_id, currency: null },
    { cause: `profile:${contentHash({ ...after, now: ctx.clock.now().toString() })}` },
  );
  return after satisfies View;
};

const isCurrencyInUse = async (tx: Tx<Schema>, tenantId: string): Promise<boolean> => {
  const { rows } = await sql`SELECT 1 FROM subscriptions WHERE tenant_id = ${tenantId}
    UNION ALL SELECT 1 FROM tenant_invoices WHERE tenant_id = ${tenantId} LIMIT 1`.execute(tx.sql);
  return rows.length > 0;
};

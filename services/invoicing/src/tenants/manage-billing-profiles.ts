import { contentHash, type invoicing, refuse, tenantScope } from '@arcadia/contracts';
import type { CommandRequest, ReadRequest } from '@arcadia/platform';
import type { CommandContext, Context } from '../context.ts';
import type { BillingProfileRow, Tables } from '../store/schema.ts';
import { findBillingProfile, isCurrencyInUse, saveBillingProfile } from '../store/tenants/billing-profiles.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { enqueueRepublication } from '../subscriptions/enqueue-republication.ts';

export async function getBillingProfile(
  { input, actor }: ReadRequest<typeof invoicing.getBillingProfile>,
  ctx: Context,
) {
  const scope = tenantScope(actor);
  if (scope !== null && scope !== input.tenant_id) return refuse('not-found', `There is no tenant ${input.tenant_id}.`);
  return findBillingProfile(ctx.db, input.tenant_id);
}

/** Changes the fields that are given. The currency cannot change once a subscription or an invoice is in it. */
export async function putBillingProfile(
  { input, tx }: CommandRequest<typeof invoicing.putBillingProfile, Tables>,
  ctx: CommandContext,
) {
  const { tenant_id } = input;
  await lockTenant(tx.sql, tenant_id);
  const before = await findBillingProfile(tx.sql, tenant_id);
  const after: BillingProfileRow = {
    tenant_id,
    name: input.name ?? before.name,
    address: input.address ?? before.address,
    registration_number:
      input.registration_number === undefined ? before.registration_number : input.registration_number,
    country: input.country === undefined ? before.country : input.country,
    buyer_reference: input.buyer_reference === undefined ? before.buyer_reference : input.buyer_reference,
    currency: input.currency ?? before.currency,
    payment_terms_days: input.payment_terms_days ?? before.payment_terms_days,
    tax: {
      ...before.tax,
      ...Object.fromEntries(Object.entries(input.tax ?? {}).filter(([, value]) => value !== undefined)),
    },
  };
  if (after.currency !== before.currency && (await isCurrencyInUse(tx.sql, tenant_id))) {
    return refuse(
      'currency-in-use',
      `${tenant_id} has a subscription or an invoice in ${before.currency}; one tenant is billed in one currency.`,
    );
  }
  await saveBillingProfile(tx.sql, after);
  // The terms of a subscription include the tax: who rates from the stream alone needs them published again.
  const cause = `profile:${contentHash({ ...after, now: ctx.clock.now().toString() })}`;
  await enqueueRepublication(tx, { tenant_id, currency: null }, cause);
  return after;
}

import { contentHash, invoicing, refuse } from '@arcadia/contracts';
import type { CommandRequest, ReadRequest } from '@arcadia/platform';
import type { CommandContext, Context } from '../context.ts';
import { changedProfile } from '../domain/tenants/changed-profile.ts';
import type { Tables } from '../store/schema.ts';
import { findBillingProfile, isCurrencyInUse, saveBillingProfile } from '../store/tenants/billing-profiles.ts';
import { isKnownTenant } from '../store/tenants/known-tenants.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { enqueueRepublication } from '../subscriptions/enqueue-republication.ts';
import { refuseTenant } from './refuse-unknown-tenant.ts';
import { maySee } from './show-tenants.ts';

export async function getBillingProfile(
  { input, actor }: ReadRequest<typeof invoicing.getBillingProfile>,
  ctx: Context,
) {
  if (!maySee(actor, input.tenant_id) || !(await isKnownTenant(ctx.db, input.tenant_id)))
    return refuseTenant(ctx.db, actor, input.tenant_id);
  return findBillingProfile(ctx.db, input.tenant_id);
}

/** Changes the fields that are given. The currency cannot change once a subscription or an invoice is in it. */
export async function putBillingProfile(
  { input, actor, tx }: CommandRequest<typeof invoicing.putBillingProfile, Tables>,
  ctx: CommandContext,
) {
  const { tenant_id } = input;
  await lockTenant(tx.sql, tenant_id);
  if (!(await isKnownTenant(tx.sql, tenant_id))) return refuseTenant(tx.sql, actor, tenant_id);
  const before = await findBillingProfile(tx.sql, tenant_id);
  const after = changedProfile(before, input);
  if (after.currency !== before.currency && (await isCurrencyInUse(tx.sql, tenant_id))) {
    return refuse(
      'currency-in-use',
      `${tenant_id} has a subscription or an invoice in ${before.currency}; one tenant is billed in one currency.`,
    );
  }
  const revision = await saveBillingProfile(tx.sql, after);
  await tx.publish(invoicing.billingProfileChanged, { ...after, revision });
  // The terms of a subscription include the tax: who rates from the stream alone needs them published again.
  const cause = `profile:${contentHash({ ...after, now: ctx.clock.now().toString() })}`;
  await enqueueRepublication(tx, { tenant_id, currency: null }, cause);
  return after;
}

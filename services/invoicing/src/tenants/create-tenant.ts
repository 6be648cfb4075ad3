import { invoicing, refuse } from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import type { CommandContext } from '../context.ts';
import { changedProfile } from '../domain/tenants/changed-profile.ts';
import type { Tables } from '../store/schema.ts';
import { findBillingProfile, saveBillingProfile } from '../store/tenants/billing-profiles.ts';
import { insertTenants } from '../store/tenants/known-tenants.ts';
import { lockTenant } from '../store/tenants/locks.ts';

/** Creates a tenant with its billing profile; the other services accept its id once they have consumed `tenant.created`. */
export async function createTenant(
  { input, tx }: CommandRequest<typeof invoicing.createTenant, Tables>,
  ctx: CommandContext,
) {
  const { tenant_id, name } = input;
  await lockTenant(tx.sql, tenant_id);
  const created = await insertTenants(tx.sql, [tenant_id], { at: ctx.clock.now().toString() });
  if (created.length === 0) {
    const update = `PUT /api/v1/tenants/${encodeURIComponent(tenant_id)}/billing-profile`;
    return refuse('already-exists', `There is a tenant ${tenant_id} already. To change its billing: ${update}.`);
  }
  const profile = changedProfile(await findBillingProfile(tx.sql, tenant_id), input);
  const revision = await saveBillingProfile(tx.sql, profile);
  await tx.publish(invoicing.tenantCreated, { tenant_id, name });
  await tx.publish(invoicing.billingProfileChanged, { ...profile, revision });
  return profile;
}

import { invoicing } from '@arcadia/contracts';
import { publishEvent } from './service-harness.ts';

/** Publishes that tenants exist, as invoicing does when they are created, for tests of a service that runs without it. */
export const createTenants = async (nats: { readonly url: string }, ...tenantIds: string[]): Promise<void> => {
  const tenants = tenantIds.map((tenant_id) => ({ tenant_id, name: tenant_id }));
  await publishEvent(nats, invoicing.tenantCreated, tenants);
};

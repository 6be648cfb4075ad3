import { z } from 'zod';
import { tenantId } from './ids.ts';

/** `platform_admin` is the operator and sees every tenant; `tenant` sees its own. */
export const role = z.enum(['platform_admin', 'tenant']);
export type Role = z.infer<typeof role>;

/** The `roles` of a request that the operator and tenants may send. */
export const everyone = ['platform_admin', 'tenant'] as const;

/** The `roles` of a request that only the operator may send. */
export const operators = ['platform_admin'] as const;

/** On whose behalf something is asked or done. Travels with every request. */
export const actor = z.object({
  subject: z.string().min(1).max(256),
  tenant_id: tenantId.nullable(),
  roles: z.array(role),
});
export type Actor = z.infer<typeof actor>;

/** The actor of what a service does by itself. */
export const serviceActor = (service: string): Actor => ({
  subject: `service:${service}`,
  tenant_id: null,
  roles: ['platform_admin'],
});

export const isOperator = (who: Actor): boolean => who.roles.includes('platform_admin');

/** The tenant whose rows this actor may see, or null for every tenant's. A tenant actor without a tenant is a bug. */
export const tenantScope = (who: Actor): string | null => {
  if (isOperator(who)) return null;
  if (who.tenant_id === null) throw new Error(`actor ${who.subject} is no operator and has no tenant`);
  return who.tenant_id;
};

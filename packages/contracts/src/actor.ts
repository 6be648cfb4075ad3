import { z } from 'zod';
import { tenantId } from './ids.ts';

/** `platform_admin` is the operator and sees every tenant; `tenant` sees its own. */
export const role = z.enum(['platform_admin', 'tenant']);
/** A role of an actor. */
export type Role = z.infer<typeof role>;

/** The `roles` of a request that the operator and tenants may send. */
export const everyone = ['platform_admin', 'tenant'] as const;

/** The `roles` of a request that only the operator may send. */
export const operators = ['platform_admin'] as const;

/** The person or service on whose behalf a request is made. Travels with every request. */
export const actor = z.object({
  subject: z.string().min(1).max(256).meta({
    description: 'The person or service, as the identity provider names it.',
    example: 'service:provisioning',
  }),
  tenant_id: tenantId.nullable().describe('Tenant of a tenant actor; null for the operator and for services.'),
  roles: z.array(role).describe('Roles of the actor.'),
});
/** The person or service on whose behalf a request is made. */
export type Actor = z.infer<typeof actor>;

/** The actor of a service that acts by itself. */
export const serviceActor = (service: string): Actor => ({
  subject: `service:${service}`,
  tenant_id: null,
  roles: ['platform_admin'],
});

/** True for an actor with the operator's role. */
export const isOperator = (who: Actor): boolean => who.roles.includes('platform_admin');

/** The tenant to which an actor's view is restricted; null: unrestricted. Throws for a tenant actor without a tenant. */
export const tenantScope = (who: Actor): string | null => {
  if (isOperator(who)) return null;
  if (who.tenant_id === null) throw new Error(`actor ${who.subject} is no operator and has no tenant`);
  return who.tenant_id;
};

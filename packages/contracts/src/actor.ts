import { z } from 'zod';
import { tenantId } from './ids.ts';

/** The roles, each with its meaning. Roles of a token that are not in this table are ignored. */
export const roleMeanings = {
  platform_admin: 'The operator: may do everything.',
  auditor: 'Reads everything of every tenant and of the platform, and changes nothing.',
  billing: 'The operator’s accounts department: reads everything, and changes what concerns money.',
  support: 'The operator’s support: reads everything but costs and margins, and changes what concerns resources.',
  tenant: 'A tenant: reads its own data and manages its deployments, subscriptions and alerts.',
  tenant_viewer: 'A tenant’s reader: reads the data of its tenant and changes nothing.',
} as const;

/** A role of an actor. */
export type Role = keyof typeof roleMeanings;

/** Every role, the operator's before the tenants'. */
export const allRoles = Object.keys(roleMeanings) as Role[];

/** A role of an actor. */
export const role = z.enum(allRoles as [Role, ...Role[]]);

/** The roles of the operator's people, who see every tenant. The other roles belong to one tenant. */
const staffRoles: ReadonlySet<Role> = new Set(['platform_admin', 'auditor', 'billing', 'support']);

/*
 * The table of permissions: which roles may send the requests of each group. A contract names its group in `roles`; docs/permissions.md
 * and the tests of access are made from the contracts. `auditor` is in every group of reads, `auditor` and `tenant_viewer` in no group
 * of commands.
 */

/** Reads that tenants may send too; each sees only its own data. */
export const everyone = ['platform_admin', 'auditor', 'billing', 'support', 'tenant', 'tenant_viewer'] as const;
/** Reads of what belongs to the operator. */
export const staff = ['platform_admin', 'auditor', 'billing', 'support'] as const;
/** Reads of costs, margins and what is due. */
export const moneyReaders = ['platform_admin', 'auditor', 'billing'] as const;
/** The audit log, in which a tenant sees its own commands. */
export const auditReaders = ['platform_admin', 'auditor', 'tenant', 'tenant_viewer'] as const;
/** Checks of the audit log. */
export const auditors = ['platform_admin', 'auditor'] as const;
/** Commands that only the operator may send. */
export const operators = ['platform_admin'] as const;
/** Commands about money: catalog, invoices, payments, the provider's bill. */
export const moneyStaff = ['platform_admin', 'billing'] as const;
/** Commands about resources. */
export const fleetStaff = ['platform_admin', 'support'] as const;
/** Commands about usage that a tenant may send for itself. */
export const customers = ['platform_admin', 'tenant'] as const;
/** Commands about subscriptions that a tenant may send for itself. */
export const customerBilling = ['platform_admin', 'billing', 'tenant'] as const;
/** Commands about deployments that a tenant may send for itself. */
export const customerFleet = ['platform_admin', 'support', 'tenant'] as const;
/** Commands about alerts and quotes, which a tenant may send for itself. */
export const customerCare = ['platform_admin', 'billing', 'support', 'tenant'] as const;

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

/**
 * The actor of a subject with the names of roles that an identity provider gives it. Unknown roles are ignored. One of the operator's
 * people belongs to no tenant, so its roles at a tenant are ignored too. Null for a tenant's role without a tenant.
 */
export const actorOf = (given: {
  subject: string;
  tenantId: string | null;
  roles: readonly string[];
}): Actor | null => {
  const { subject, tenantId: tenant_id } = given;
  const known = allRoles.filter((name) => given.roles.includes(name));
  const atOperator = known.filter((name) => staffRoles.has(name));
  if (atOperator.length > 0) return { subject, tenant_id: null, roles: atOperator };
  if (known.length > 0 && tenant_id === null) return null;
  return { subject, tenant_id, roles: known };
};

/** True for an actor with one of the operator's roles, who sees every tenant. */
export const isOperator = (who: Actor): boolean => who.roles.some((name) => staffRoles.has(name));

/** True for an actor with one of these roles. The roles of one of the operator's people at a tenant do not count. */
export const hasRole = (who: Actor, roles: readonly Role[]): boolean =>
  who.roles.some((name) => roles.includes(name) && staffRoles.has(name) === isOperator(who));

/** The tenant to which an actor's view is restricted; null: unrestricted. Throws for a tenant actor without a tenant. */
export const tenantScope = (who: Actor): string | null => {
  if (isOperator(who)) return null;
  if (who.tenant_id === null) throw new Error(`actor ${who.subject} is no operator and has no tenant`);
  return who.tenant_id;
};

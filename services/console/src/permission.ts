import { hasRole, type RequestContract } from '@arcadia/contracts';
import { getContext } from 'hono/context-storage';
import type { HttpEnv } from './context.ts';

/**
 * True if the signed-in person may send a request, by the table of permissions in its contract. Pages leave out what a person may not
 * do; the gateway refuses it all the same. Callable only while a page is made for a signed-in person.
 */
export const maySend = ({ roles }: Pick<RequestContract, 'roles'>): boolean => {
  const { subject, tenantId, roles: own } = getContext<HttpEnv>().var.session.person;
  return hasRole({ subject, tenant_id: tenantId, roles: own }, roles);
};

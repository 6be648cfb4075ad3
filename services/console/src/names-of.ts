import { inventorySync, provisioning } from '@arcadia/contracts';
import { type Api, ApiError } from '@arcadia/gateway-client';
import type { z } from 'zod';

export type Deployment = z.infer<typeof provisioning.deploymentView>;

/** How many deployments are looked up one by one at most, beyond the first page of all. */
const singlesAtMost = 50;

/**
 * The deployments with these ids, by id, so that a page shows names beside ids. Where provisioning does not answer, or for
 * ids beyond what one page can look up, the id alone is shown.
 */
export const deploymentsOf = async (
  api: Api,
  ids: Iterable<string | null>,
): Promise<ReadonlyMap<string, Deployment>> => {
  const wanted = new Set([...ids].filter((id): id is string => id !== null));
  if (wanted.size === 0) return new Map();
  try {
    const { items } = await api.request(provisioning.listDeployments, { limit: 200 });
    const found = new Map(items.map((deployment) => [deployment.deployment_id, deployment]));
    const others = [...wanted].filter((id) => !found.has(id)).slice(0, singlesAtMost);
    const singles = await Promise.all(others.map((deployment_id) => deploymentWith(api, deployment_id)));
    for (const single of singles) if (single !== null) found.set(single.deployment_id, single);
    return found;
  } catch (error) {
    if (error instanceof ApiError && error.status !== 401) return new Map();
    throw error;
  }
};

/** The deployment with this id; null: there is none. */
export const deploymentWith = async (api: Api, deployment_id: string): Promise<Deployment | null> => {
  try {
    return await api.request(provisioning.getDeployment, { deployment_id });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
};

/** Names of resources by id, as far as one page of the inventory knows them; a page shows the id of any other. */
export const resourceNamesOf = async (
  api: Api,
  filter: { deployment_id?: string; kind?: string },
): Promise<ReadonlyMap<string, string>> => {
  try {
    const { items } = await api.request(inventorySync.listResources, {
      ...filter,
      limit: 200,
      include_deleted: 'true',
    });
    return new Map(items.map(({ resource_id, name }) => [resource_id, name]));
  } catch (error) {
    if (error instanceof ApiError && error.status !== 401) return new Map();
    throw error;
  }
};

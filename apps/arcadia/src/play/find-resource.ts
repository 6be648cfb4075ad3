import { inventorySync, resourceId } from '@arcadia/contracts';
import type { Api } from '@arcadia/gateway-client';

/** The id of a resource that the world names by the provider's id or by its name. */
export const findResource = async (api: Api, kind: string, reference: string): Promise<string> => {
  const found = await api.list(inventorySync.listResources, { kind, q: reference });
  const match = found.find(({ provider_id, name }) => provider_id === reference || name === reference);
  return match?.resource_id ?? resourceId('digitalocean', kind, reference);
};

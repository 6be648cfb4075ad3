import { object, type References } from './seed-object.ts';
import type { ProviderObject } from './store.ts';
import type { World } from './world.ts';

/** The objects that the provider manages: gateways, databases, apps, registries and endpoints. */
export function managedObjects({ provider }: World, at: References): ProviderObject[] {
  return [
    ...provider.nat_gateways.map((item) =>
      object('nat_gateway', item.id, item, {
        name: item.name,
        region: item.region,
        size: item.size,
        project: at.project(item.project),
      }),
    ),
    ...provider.databases.map((item) =>
      object('database', item.id, item, {
        name: item.name,
        engine: item.engine,
        version: item.version,
        nodes: item.num_nodes,
        size: item.size,
        region: item.region,
        storageMib: item.storage_size_mib,
        tags: item.tags,
        project: at.project(item.project),
      }),
    ),
    ...provider.apps.map((item) =>
      object('app', item.id, item, {
        name: item.name,
        region: item.region,
        instanceSize: item.instance_size,
        instances: item.instances,
        project: at.project(item.project),
      }),
    ),
    ...provider.registries.map((item) =>
      object('registry', item.name, item, {
        region: item.region,
        storageBytes: item.storage_usage_bytes,
        tier: item.tier,
      }),
    ),
    ...provider.cdn_endpoints.map((item) =>
      object('cdn_endpoint', item.id, item, { origin: item.origin, ttl: item.ttl }),
    ),
  ];
}

import { type Action, type DigitalOcean, type Droplet, ProviderError, resourceUrn } from '@arcadia/digitalocean';
import type { Provider, ProviderAction, ProviderDroplet } from './provider.ts';

/** The provider's API for the sagas. */
export function digitalOceanProvider(api: DigitalOcean, { canWrite }: { canWrite: boolean }): Provider {
  return {
    canWrite,
    async sizes() {
      const { items } = await api.sizes.list();
      return items.map((size) => ({
        slug: size.slug,
        priceMonthly: size.price_monthly,
        priceHourly: size.price_hourly,
        diskGb: size.disk,
        regions: size.regions,
        isAvailable: size.available,
      }));
    },
    regions: async () => (await api.regions.list()).items.filter(({ available }) => available).map(({ slug }) => slug),
    image: (image) =>
      orNull(async () => {
        const { regions, min_disk_size } = await api.images.get(image);
        return { regions, minDiskGb: min_disk_size ?? 0 };
      }),
    droplet: (id) => orNull(async () => dropletOf(await api.droplets.get(id))),
    async dropletsTagged(tag) {
      const listing = await api.droplets.list({ query: { tag_name: tag } });
      // Taken for empty when it is not, it would have a droplet made twice.
      if (!listing.complete) throw new Error(`The list of droplets tagged ${tag} was cut short (${listing.reason}).`);
      return listing.items.map(dropletOf);
    },
    async createDroplet(asked) {
      const { droplet } = await api.droplets.create({
        name: asked.name,
        region: asked.region,
        size: asked.size,
        image: /^\d+$/.test(asked.image) ? Number(asked.image) : asked.image,
        tags: asked.tags,
        ssh_keys: asked.sshKeys,
        monitoring: asked.monitoring,
        ipv6: asked.ipv6,
        ...(asked.userData === undefined ? {} : { user_data: asked.userData }),
        ...(asked.vpcUuid === undefined ? {} : { vpc_uuid: asked.vpcUuid }),
      });
      return dropletOf(droplet);
    },
    deleteDroplet: (id) => api.droplets.delete(id),
    async dropletActions(id) {
      for await (const page of api.droplets.actionsOf(id).pages({ perPage: 50 })) return page.items.map(actionOf);
      return [];
    },
    startDropletAction: async (id, command) => actionOf(await api.droplets.act(id, command)),
    dropletAction: async (_dropletId, actionId) => actionOf(await api.actions.get(Number(actionId))),
    dropletSnapshots: async (id) =>
      (await api.droplets.snapshotsOf(id).list()).items.map(({ id: of, name }) => ({ id: of, name })),
    deleteSnapshot: (id) => api.snapshots.delete(id),
    deleteDropletWith: (id, selection) =>
      api.droplets.destroyWith(id, {
        volumes: selection.volumes,
        snapshots: selection.snapshots,
        volume_snapshots: selection.volumeSnapshots,
        reserved_ips: selection.reservedIps,
      }),
    async associatedWith(id) {
      const associated = await api.droplets.associatedWith(id);
      const ids = (list: readonly { id: string }[]) => list.map((one) => one.id);
      return {
        volumes: ids(associated.volumes),
        snapshots: ids(associated.snapshots),
        volumeSnapshots: ids(associated.volume_snapshots),
        reservedIps: ids(associated.reserved_ips),
      };
    },
    deletionStatus: (id) => orNull(() => api.droplets.destroyStatus(id)),
    tagDroplet: (id, tag) => api.tags.give(tag, [{ resource_id: id, resource_type: 'droplet' }]),
    async assignToProject(projectId, dropletId) {
      const urn = resourceUrn('droplet', dropletId);
      const answers = await api.projects.assign(projectId, [urn]);
      const status = answers.find((answer) => answer.urn === urn)?.status ?? 'not answered';
      if (['ok', 'assigned', 'already_assigned'].includes(status)) return;
      throw new Error(`The provider did not put droplet ${dropletId} in project ${projectId}: ${status}.`);
    },
  };
}

const dropletOf = (droplet: Droplet): ProviderDroplet => ({
  id: droplet.id,
  name: droplet.name,
  status: droplet.status,
  isLocked: droplet.locked ?? false,
  region: droplet.region ?? '',
  sizeSlug: droplet.size_slug,
  diskGb: droplet.disk,
  tags: droplet.tags,
  createdAt: droplet.created_at,
});

const actionOf = (action: Action): ProviderAction => ({
  id: String(action.id),
  type: action.type,
  status: action.status === 'completed' || action.status === 'errored' ? action.status : 'in-progress',
});

async function orNull<T>(look: () => Promise<T>): Promise<T | null> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof ProviderError && error.status === 404) return null;
    throw error;
  }
}

import { parseUrn, resourceUrn } from '@arcadia/contracts';
import {
  type Action,
  connectProvider,
  type DigitalOcean,
  type Droplet,
  hasToken,
  ProviderError,
} from '@arcadia/digitalocean';
import type { Context } from '../context.ts';
import { NotYet, type Provider, type ProviderAction, type ProviderDroplet } from './provider.ts';

/**
 * A request that has to wait longer for the provider's limits fails for the present, in milliseconds: its saga then shows what it
 * waits for and until when, and its deadline moves by the pause.
 */
const longestWaitMs = 5_000;

/** The provider as the sagas use it, with the settings of the service. Every request ends when the signal aborts. */
export function providerOf(ctx: Context, signal: AbortSignal): Provider {
  const access = ctx.config.provider;
  return digitalOceanProvider(connectProvider(access, ctx, { longestWaitMs }).within(signal), access);
}

/** Reports a missing token in the health of the service. */
export async function reportToken(ctx: Context): Promise<void> {
  hasToken(ctx.config.provider, ctx);
}

/** The provider behind an API. */
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
    async publicImages() {
      const { items } = await api.images.list({ query: { private: false, type: 'distribution' } });
      return items.flatMap(({ slug }) => slug ?? []);
    },
    droplet: (id) => orNull(async () => dropletOf(await api.droplets.get(id))),
    async dropletsTagged(tag) {
      const listing = await api.droplets.list({ query: { tag_name: tag } });
      // A list that is incomplete could lack the saga's droplet, which would then be created twice.
      if (!listing.complete) throw new NotYet(`The list of droplets tagged ${tag} is incomplete (${listing.reason}).`);
      return listing.items.map(dropletOf);
    },
    async dropletsInDefaultProject() {
      const listing = await api.projects.resourcesOf('default').list();
      if (!listing.complete) throw new NotYet(`The list of the default project is incomplete (${listing.reason}).`);
      return listing.items.flatMap(({ urn }) => {
        const name = parseUrn(urn);
        return name?.kind === 'droplet' ? [name.id] : [];
      });
    },
    async createDroplet(wanted) {
      const { droplet } = await api.droplets.create({
        name: wanted.name,
        region: wanted.region,
        size: wanted.size,
        image: /^\d+$/.test(wanted.image) ? Number(wanted.image) : wanted.image,
        tags: wanted.tags,
        ssh_keys: wanted.sshKeys,
        monitoring: wanted.monitoring,
        ipv6: wanted.ipv6,
        ...(wanted.userData === undefined ? {} : { user_data: wanted.userData }),
        ...(wanted.vpcUuid === undefined ? {} : { vpc_uuid: wanted.vpcUuid }),
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
      const status = answers.find((answer) => answer.urn === urn)?.status ?? 'no status';
      if (['ok', 'assigned', 'already_assigned'].includes(status)) return;
      throw new NotYet(`The provider did not assign droplet ${dropletId} to project ${projectId}: ${status}.`);
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

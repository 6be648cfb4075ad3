import { z } from 'zod';
import { type Action, action } from './account.ts';
import {
  anyCount,
  anyCountOrZero,
  anyFlag,
  anyText,
  decimalText,
  field,
  fieldsOf,
  idList,
  idText,
  isRecord,
  nameText,
  neededFlag,
  regionSlug,
  textList,
  timeText,
  wordText,
} from './fields.ts';
import { type ListingCalls, listingOf } from './listing-of.ts';
import type { Transport } from './transport.ts';

type Address = { ip_address: string; type: string };

const isAddress = (item: unknown): item is Address =>
  isRecord(item) && typeof item['ip_address'] === 'string' && typeof item['type'] === 'string';

const addressesIn = (list: unknown): Address[] | null =>
  Array.isArray(list) && list.every(isAddress) ? list.map(({ ip_address, type }) => ({ ip_address, type })) : null;

/** Addresses of either version; null if there are none, or they have another form. */
const networks = field('anything', (value) =>
  isRecord(value) ? { v4: addressesIn(value['v4']), v6: addressesIn(value['v6']) } : null,
);

/** The image of a droplet; null if it is absent or has no id. */
const image = field('anything', (value) => {
  const id = isRecord(value) ? idText.read(value['id']) : undefined;
  if (!isRecord(value) || id === undefined) return null;
  const textOf = (name: string): string | null => anyText.read(value[name]) ?? null;
  return { id, slug: textOf('slug'), name: textOf('name'), distribution: textOf('distribution') };
});

/**
 * A droplet with the fields named here only: a listing can hold tens of thousands of droplets, each with its whole size, image and
 * region. Prices are dropped too; the sizes have them exactly.
 */
export const droplet = fieldsOf({
  id: idText,
  name: nameText,
  status: wordText,
  size_slug: wordText,
  memory: anyCountOrZero,
  vcpus: anyCountOrZero,
  disk: anyCountOrZero,
  locked: anyFlag,
  created_at: timeText,
  region: regionSlug,
  image,
  tags: textList,
  features: textList,
  backup_ids: idList,
  snapshot_ids: idList,
  volume_ids: textList,
  vpc_uuid: anyText,
  networks,
});
export type Droplet = z.output<typeof droplet>;

export const backup = z.looseObject({
  id: idText,
  name: nameText,
  created_at: timeText,
  regions: textList,
  min_disk_size: anyCount,
  size_gigabytes: decimalText,
});
export type Backup = z.output<typeof backup>;

export const backupPolicy = z.looseObject({
  droplet_id: idText,
  backup_enabled: neededFlag,
  backup_policy: z
    .looseObject({
      plan: anyText,
      weekday: anyText,
      hour: anyCount,
      retention_period_days: anyCount,
    })
    .nullish()
    .catch(null),
});
export type BackupPolicy = z.output<typeof backupPolicy>;

const associated = z
  .array(z.looseObject({ id: idText, name: z.string(), cost: decimalText.nullish() }))
  .nullish()
  .transform((list) => list ?? []);

/** The resources that would outlive a droplet, each with its monthly price at the provider in USD. */
export const associatedResources = z.looseObject({
  reserved_ips: associated,
  snapshots: associated,
  volumes: associated,
  volume_snapshots: associated,
});
export type AssociatedResources = z.output<typeof associatedResources>;

const destroyStatus = z.looseObject({ completed_at: z.string().nullish(), failures: z.int().nullish() });

/** The body of a creation. `tags` should hold a tag that only the caller uses: names are not unique, so nothing else identifies the droplet after a lost response. */
export interface DropletCreation {
  readonly name: string;
  readonly size: string;
  readonly image: string | number;
  readonly region?: string;
  readonly tags?: readonly string[];
  readonly ssh_keys?: readonly (string | number)[];
  readonly backups?: boolean;
  readonly backup_policy?: { plan: string; weekday?: string; hour?: number };
  readonly ipv6?: boolean;
  readonly monitoring?: boolean;
  readonly user_data?: string;
  readonly vpc_uuid?: string;
  readonly volumes?: readonly string[];
}

/** An action on a droplet. */
export type DropletAction =
  | {
      readonly type:
        | 'power_on'
        | 'power_off'
        | 'shutdown'
        | 'reboot'
        | 'power_cycle'
        | 'disable_backups'
        | 'enable_ipv6';
    }
  | { readonly type: 'resize'; readonly size: string; readonly disk?: boolean }
  | { readonly type: 'rename' | 'snapshot'; readonly name: string }
  | { readonly type: 'rebuild' | 'restore'; readonly image: string | number }
  | {
      readonly type: 'enable_backups' | 'change_backup_policy';
      readonly backup_policy: { plan: string; weekday?: string; hour?: number };
    };

/** Ids of the resources to destroy together with a droplet. */
export type AssociatedChoice = Partial<
  Record<'reserved_ips' | 'snapshots' | 'volumes' | 'volume_snapshots', readonly string[]>
>;

/** Calls for droplets and their parts. A plain listing has no droplets with GPUs; list them separately with `type: 'gpus'`. */
export function dropletCalls(transport: Transport) {
  const one = z.looseObject({ droplet });
  const path = (id: string | number, rest = ''): string => `/v2/droplets/${encodeURIComponent(id)}${rest}`;
  return {
    ...listingOf(transport, {
      path: '/v2/droplets',
      key: 'droplets',
      item: droplet,
      identify: (item) => item.id,
      isInexact: true,
    }),
    get: async (id: string | number, signal?: AbortSignal): Promise<Droplet> =>
      (await transport.json({ path: path(id), signal }, one)).droplet,
    create: async (body: DropletCreation, signal?: AbortSignal): Promise<{ droplet: Droplet; actionIds: number[] }> => {
      const links = z.looseObject({ actions: z.array(z.looseObject({ id: z.int() })).nullish() }).nullish();
      const answer = await transport.json(
        { method: 'POST', path: '/v2/droplets', body, signal },
        z.looseObject({ droplet, links }),
      );
      return { droplet: answer.droplet, actionIds: (answer.links?.actions ?? []).map((link) => link.id) };
    },
    delete: (id: string | number, signal?: AbortSignal): Promise<void> =>
      transport.send({ method: 'DELETE', path: path(id), signal }),
    act: async (id: string | number, body: DropletAction, signal?: AbortSignal): Promise<Action> =>
      (await transport.json({ method: 'POST', path: path(id, '/actions'), body, signal }, z.looseObject({ action })))
        .action,
    actionsOf: (id: string | number): ListingCalls<Action> =>
      listingOf(transport, {
        path: path(id, '/actions'),
        key: 'actions',
        item: action,
        identify: (item) => String(item.id),
        isInexact: true,
      }),
    backupsOf: (id: string | number): ListingCalls<Backup> =>
      listingOf(transport, { path: path(id, '/backups'), key: 'backups', item: backup, identify: (item) => item.id }),
    snapshotsOf: (id: string | number): ListingCalls<Backup> =>
      listingOf(transport, {
        path: path(id, '/snapshots'),
        key: 'snapshots',
        item: backup,
        identify: (item) => item.id,
      }),
    backupPolicies: listingOf(transport, {
      path: '/v2/droplets/backups/policies',
      key: 'policies',
      item: backupPolicy,
      identify: (item) => item.droplet_id,
    }),
    associatedWith: (id: string | number, signal?: AbortSignal): Promise<AssociatedResources> =>
      transport.json({ path: path(id, '/destroy_with_associated_resources'), signal }, associatedResources),
    destroyWith: (id: string | number, body: AssociatedChoice, signal?: AbortSignal): Promise<void> =>
      transport.send({
        method: 'DELETE',
        path: path(id, '/destroy_with_associated_resources/selective'),
        body,
        signal,
      }),
    destroyStatus: async (
      id: string | number,
      signal?: AbortSignal,
    ): Promise<{ isComplete: boolean; failures: number }> => {
      const status = await transport.json(
        { path: path(id, '/destroy_with_associated_resources/status'), signal },
        destroyStatus,
      );
      return { isComplete: typeof status.completed_at === 'string', failures: status.failures ?? 0 };
    },
  };
}

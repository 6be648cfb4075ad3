import { exactNumber } from './answers.ts';
import type { Size } from './catalogue.ts';
import { type Simulated, showRegion } from './simulated.ts';
import type { Live } from './store.ts';
import { providerTime } from './world-fields.ts';
import type { BackupPolicy } from './world-provider.ts';

const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const hourMs = 3_600_000;

/** The data of other objects in a droplet's JSON, looked up once per listing, not once per droplet. */
export interface Attached {
  readonly volumes: ReadonlyMap<string, string[]>;
  readonly snapshots: ReadonlyMap<string, number[]>;
  readonly backups: ReadonlyMap<string, number[]>;
}

/** Collects volumes, snapshots and backups by droplet. */
export function attachedAt({ store }: Simulated, now: number): Attached {
  const volumes = new Map<string, string[]>();
  const snapshots = new Map<string, number[]>();
  const backups = new Map<string, number[]>();
  const note = <T>(map: Map<string, T[]>, key: string | null, value: T): void => {
    if (key !== null) map.set(key, [...(map.get(key) ?? []), value]);
  };
  for (const volume of store.live('volume', now)) note(volumes, volume.state.droplet, volume.id);
  for (const { id, state } of store.live('snapshot', now))
    if (state.source === 'droplet') note(snapshots, state.sourceId, Number(id));
  for (const { id, state } of store.live('backup', now)) note(backups, state.droplet, Number(id));
  return { volumes, snapshots, backups };
}

/** A droplet as the provider shows it. */
export function showDroplet(
  simulated: Simulated,
  { id, createdAt, state }: Live<'droplet'>,
  attached: Attached,
  now: number,
): object {
  const size = simulated.sizes.get(state.size);
  const isNew = state.status === 'new';
  const number = Number(id);
  return {
    id: number,
    name: state.name,
    memory: size?.memory ?? 1024,
    vcpus: size?.vcpus ?? 1,
    disk: state.disk,
    disk_info: [{ type: 'local', size: { amount: state.disk, unit: 'gib' } }],
    ...(size !== undefined && size.gpus > 0 ? { gpu_info: gpuInfo(size) } : {}),
    locked: simulated.actions.isOccupied(`droplet ${id}`, now),
    status: state.status,
    kernel: null,
    created_at: providerTime(createdAt),
    features: [...(state.backups === null ? [] : ['backups']), ...state.features],
    backup_ids: attached.backups.get(id) ?? [],
    next_backup_window: state.backups === null || isNew ? null : nextWindow(state.backups, now),
    snapshot_ids: attached.snapshots.get(id) ?? [],
    image: showImage(state.image, [state.region]),
    volume_ids: attached.volumes.get(id) ?? [],
    size: size === undefined ? null : showSize(size),
    size_slug: state.size,
    networks: isNew ? { v4: [], v6: [] } : networks(number),
    region: showRegion(simulated, state.region),
    tags: state.tags,
    vpc_uuid: '760e09ef-dc84-11e8-981e-3cfdfeaae000',
  };
}

/** A size as the provider shows it, its prices exact. */
export function showSize(size: Size): object {
  return {
    slug: size.slug,
    memory: size.memory,
    vcpus: size.vcpus,
    disk: size.disk,
    transfer: exactNumber(size.transfer),
    price_monthly: exactNumber(size.priceMonthly),
    price_hourly: exactNumber(size.priceHourly),
    regions: size.regions,
    available: size.available,
    description: size.description,
    disk_info: [{ type: 'local', size: { amount: size.disk, unit: 'gib' } }],
    ...(size.gpus > 0 ? { gpu_info: gpuInfo(size) } : {}),
  };
}

function gpuInfo(size: Size): object {
  const model = size.slug.includes('h100') ? 'nvidia_h100' : 'nvidia_l40s';
  return { count: size.gpus, model, vram: { amount: 80 * size.gpus, unit: 'gib' } };
}

/** An image as the provider shows it: a public image by its slug, the account's own image by its number. */
export function showImage(slug: string, regions: readonly string[]): object {
  const isSlug = !/^\d+$/.test(slug);
  return {
    id: isSlug ? 63_663_980 : Number(slug),
    name: isSlug ? slug : `image ${slug}`,
    distribution: 'Ubuntu',
    slug: isSlug ? slug : null,
    public: isSlug,
    regions,
    created_at: '2024-05-15T05:47:50Z',
    type: isSlug ? 'base' : 'snapshot',
    min_disk_size: 7,
    size_gigabytes: 2.36,
    description: '',
    tags: [],
    status: 'available',
  };
}

/** Addresses derived from the id, in ranges reserved for private use and benchmarks. */
function networks(id: number): object {
  const octets = [(id >> 16) & 255, (id >> 8) & 255, id & 255].join('.');
  const low = (id & 0xffff).toString(16);
  return {
    v4: [
      { ip_address: `10.${octets}`, netmask: '255.0.0.0', gateway: 'nil', type: 'private' },
      {
        ip_address: `198.18.${(id >> 8) & 255}.${id & 255}`,
        netmask: '255.254.0.0',
        gateway: '198.18.0.1',
        type: 'public',
      },
    ],
    v6: [{ ip_address: `2001:db8::${low}`, netmask: 64, gateway: '2001:db8::1', type: 'public' }],
  };
}

/** The window of four hours for the next backup. */
export function nextWindow(policy: BackupPolicy, now: number): object {
  const day = 24 * hourMs;
  let start = Math.floor(now / day) * day + policy.hour * hourMs;
  while (start <= now || (policy.plan === 'weekly' && weekdays[new Date(start).getUTCDay()] !== policy.weekday))
    start += day;
  return { start: providerTime(start), end: providerTime(start + 4 * hourMs) };
}

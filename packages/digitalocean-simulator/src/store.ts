import type { BackupPolicy } from './world-provider.ts';

interface Named {
  name: string;
}
interface InProject {
  /** Project id; null = in none (a Kubernetes worker). */
  project: string | null;
}
interface Tagged {
  tags: string[];
}

/** The state of an object of each kind at one instant. Plain JSON, so that it can be stored. */
export interface States {
  project: Named & { description: string; purpose: string; environment: string; isDefault: boolean };
  droplet: Named &
    InProject &
    Tagged & {
      size: string;
      disk: number;
      image: string;
      region: string;
      status: 'new' | 'active' | 'off';
      backups: BackupPolicy | null;
      features: string[];
      usedGigabytes: string;
      ignoresShutdown: boolean;
    };
  volume: Named & InProject & Tagged & { region: string; size: number; description: string; droplet: string | null };
  snapshot: Named &
    Tagged & { source: 'droplet' | 'volume'; sourceId: string; size: string; minDiskSize: number; regions: string[] };
  backup: Named & { droplet: string; size: string; minDiskSize: number; region: string };
  domain: InProject & { ttl: number; records: { type: string; name: string; data: string }[] };
  bucket: InProject & { region: string; size: string; objects: number };
  reserved_ip: InProject & { region: string; droplet: string | null };
  firewall: Named & Tagged & { droplets: string[] };
  load_balancer: Named & InProject & { region: string; ip: string; nodes: number; droplets: string[]; type: string };
  nat_gateway: Named & InProject & { region: string; size: number };
  database: Named &
    InProject &
    Tagged & {
      engine: string;
      version: string;
      nodes: number;
      size: string;
      region: string;
      storageMib: number;
      replicas: { id: string; name: string; size: string; region: string; storageMib: number }[];
    };
  kubernetes_cluster: Named &
    InProject &
    Tagged & {
      region: string;
      version: string;
      ha: boolean;
      pools: { id: string; name: string; size: string; nodes: { id: string; name: string; droplet: string }[] }[];
    };
  app: Named &
    InProject & {
      region: string;
      instanceSize: string;
      /** Null: the provider adapts the number to the load. */
      instances: number | null;
      runningInstances: number;
      devDatabases: number;
      hasDedicatedEgress: boolean;
    };
  nfs_share: Named & InProject & { region: string; size: number; tier: string };
  custom_image: Named & Tagged & { regions: string[]; size: string };
  partner_attachment: Named & InProject & { region: string; bandwidthMbps: number; partner: string };
  byoip_prefix: Named & InProject & { region: string; prefix: string };
  registry: { region: string; storageBytes: number; tier: string };
  cdn_endpoint: { origin: string; ttl: number };
  tag: Named;
  /** A member of a project of which only the URN is known. */
  urn_only: InProject;
}

export type Kind = keyof States;

/** The whole history of an object. Times are epoch milliseconds; the object is visible in [createdAt, destroyedAt). */
export interface ProviderObject<K extends Kind = Kind> {
  readonly kind: K;
  readonly id: string;
  readonly createdAt: number;
  destroyedAt: number | null;
  readonly birth: States[K];
  readonly changes: { at: number; set: Partial<States[K]> }[];
}

/** An object in its state at the requested instant. */
export interface Live<K extends Kind> {
  readonly id: string;
  readonly createdAt: number;
  readonly state: States[K];
}

/** All writes since the world began, from which a stopped simulator is restored. */
export interface WrittenObjects {
  readonly objects: ProviderObject[];
}

export interface Store {
  live<K extends Kind>(kind: K, now: number): Live<K>[];
  find<K extends Kind>(kind: K, id: string, now: number): Live<K> | undefined;
  /** Including those that are destroyed or not created yet. */
  all<K extends Kind>(kind: K): readonly ProviderObject<K>[];
  create<K extends Kind>(kind: K, id: string, createdAt: number, state: States[K]): void;
  change<K extends Kind>(kind: K, id: string, at: number, set: Partial<States[K]>): void;
  destroy(kind: Kind, id: string, at: number): boolean;
  written(): WrittenObjects;
  restore(written: WrittenObjects): void;
}

type Lists = { [K in Kind]?: ProviderObject<K>[] };

/** Keeps the objects of a world over time; the writes of callers are applied on top of the world's timeline. */
export function createStore(seed: readonly ProviderObject[]): Store {
  const lists: Lists = {};
  const byId = new Map<string, ProviderObject[]>();
  const touched = new Set<ProviderObject>();

  const listOf = <K extends Kind>(kind: K): ProviderObject<K>[] => {
    lists[kind] ??= [] as ProviderObject<K>[] as Lists[K];
    return lists[kind] as ProviderObject<K>[];
  };
  const add = (object: ProviderObject): void => {
    (listOf(object.kind) as ProviderObject[]).push(object);
    const key = `${object.kind} ${object.id}`;
    byId.set(key, [...(byId.get(key) ?? []), object]);
  };
  const objectAt = <K extends Kind>(kind: K, id: string, now: number): ProviderObject<K> | undefined =>
    byId.get(`${kind} ${id}`)?.find((object) => isVisible(object, now)) as ProviderObject<K> | undefined;

  for (const object of seed) add(object);

  return {
    live: (kind, now) => listOf(kind).flatMap((object) => (isVisible(object, now) ? [stateAt(object, now)] : [])),
    find: (kind, id, now) => {
      const object = objectAt(kind, id, now);
      return object === undefined ? undefined : stateAt(object, now);
    },
    all: listOf,
    create: (kind, id, createdAt, state) => {
      const object = { kind, id, createdAt, destroyedAt: null, birth: state, changes: [] } as unknown as ProviderObject;
      add(object);
      touched.add(object);
    },
    change: (kind, id, at, set) => {
      const object = objectAt(kind, id, at);
      if (object === undefined) return;
      object.changes.push({ at, set });
      object.changes.sort((a, b) => a.at - b.at);
      touched.add(object as unknown as ProviderObject);
    },
    destroy: (kind, id, at) => {
      const object = objectAt(kind, id, at);
      if (object === undefined) return false;
      object.destroyedAt = at;
      touched.add(object as unknown as ProviderObject);
      return true;
    },
    written: () => ({ objects: [...touched] }),
    restore: ({ objects }) => {
      for (const object of objects) {
        const list = listOf(object.kind) as ProviderObject[];
        const former = list.findIndex((one) => one.id === object.id && one.createdAt === object.createdAt);
        const copy = structuredClone(object);
        if (former < 0) add(copy);
        else {
          byId.set(
            `${copy.kind} ${copy.id}`,
            (byId.get(`${copy.kind} ${copy.id}`) ?? []).map((one) => (one === list[former] ? copy : one)),
          );
          list[former] = copy;
        }
        touched.add(copy);
      }
    },
  };
}

function isVisible(object: ProviderObject, now: number): boolean {
  return object.createdAt <= now && (object.destroyedAt === null || now < object.destroyedAt);
}

function stateAt<K extends Kind>(object: ProviderObject<K>, now: number): Live<K> {
  let { birth: state } = object;
  for (const change of object.changes) if (change.at <= now) state = { ...state, ...change.set };
  return { id: object.id, createdAt: object.createdAt, state };
}

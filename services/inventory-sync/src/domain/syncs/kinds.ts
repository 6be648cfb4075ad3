import { isListedKind, kindEntry, kindsWhere, resourceKindEntries } from '@arcadia/contracts';

/** A kind of resource with the job that lists it. */
export type Kind = { readonly kind: string; readonly job: string };

export const kinds: readonly Kind[] = resourceKindEntries.map(([kind, { job }]) => ({ kind, job }));

/** Kinds known only through project membership. */
export const memberKinds: readonly string[] = kindsWhere(({ job }) => job === 'sync-projects');

/** Kinds that the provider lists by themselves, each with its job. */
export const listedKinds = resourceKindEntries.flatMap(([kind, { job }]) =>
  isListedKind(kind) ? [{ kind, job }] : [],
);

/** Kinds whose resources carry tags. */
export const taggedKinds: readonly string[] = [
  'droplet',
  'volume',
  'snapshot',
  'custom_image',
  'managed_db',
  'k8s_cluster',
  'load_balancer',
  'firewall',
];

/** Kinds that no project ever lists. */
export const unassignableKinds: readonly string[] = kindsWhere(({ isAssignable }) => !isAssignable);

export const canInherit = (kind: string): boolean => (kindEntry(kind)?.ownerFrom.length ?? 0) > 0;

/** Kinds whose resources may inherit from a resource of this kind, directly or through others; a kind may inherit from itself. */
export const inheritorsOf = (kind: string): string[] => {
  const found = new Set<string>();
  const add = (source: string): void => {
    for (const inheritor of kindsWhere(({ ownerFrom }) => ownerFrom.includes(source))) {
      if (found.has(inheritor)) continue;
      found.add(inheritor);
      add(inheritor);
    }
  };
  add(kind);
  return [...found];
};

/** Everything that a sweep lists: the projects and all kinds of resources. */
export const sweptKinds: readonly string[] = ['project', ...kinds.map(({ kind }) => kind)];

/** How many kinds a kind may inherit through; a kind that inherits from itself counts once. */
const depthOf = (kind: string): number =>
  Math.max(0, ...(kindEntry(kind)?.ownerFrom ?? []).filter((from) => from !== kind).map((from) => 1 + depthOf(from)));

/**
 * The jobs that list resources, in the order in which they should run: projects first, so that discovered resources are
 * attributed at once, and sources before the kinds that inherit from them.
 */
export const syncJobs: readonly { job: string; kinds: readonly string[] }[] = [
  'sync-projects',
  ...new Set(
    kinds
      .filter(({ job }) => job !== 'sync-projects')
      .toSorted((a, b) => depthOf(a.kind) - depthOf(b.kind))
      .map(({ job }) => job),
  ),
].map((job) => ({ job, kinds: kinds.filter((kind) => kind.job === job).map(({ kind }) => kind) }));

/** Jobs that need many requests and are not urgent: they follow the others within what those leave of the request budget. */
export const backgroundJobs: readonly string[] = ['sync-droplet-backups'];

/**
 * Kinds whose listing the provider does not have in every account or region. Where it answers 404 and no resource of the kind was ever
 * listed, there is nothing to sync (decision 0058).
 */
export const optionalKinds: readonly string[] = [
  'nat_gateway',
  'nfs_share',
  'custom_image',
  'partner_attachment',
  'byoip_prefix',
  'container_registry',
];

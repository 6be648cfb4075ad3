/**
 * The kinds of resources. Those with a job of their own are listed by it; the others are known only by the URNs that
 * projects list. Assignable kinds belong to a project at the provider, so the operator's own project gets those that no
 * project shows; the rest have none.
 */
export type Kind = {
  readonly kind: string;
  readonly job: string;
  readonly isAssignable: boolean;
  /** Kinds whose owner it inherits when nothing says otherwise. */
  readonly sources: readonly string[];
};

export const kinds: readonly Kind[] = [
  { kind: 'droplet', job: 'sync-droplets', isAssignable: true, sources: ['k8s_cluster'] },
  { kind: 'dns_zone', job: 'sync-dns-zones', isAssignable: true, sources: [] },
  { kind: 'volume', job: 'sync-volumes', isAssignable: true, sources: [] },
  { kind: 'snapshot', job: 'sync-snapshots', isAssignable: false, sources: ['droplet', 'volume'] },
  { kind: 'floating_ip', job: 'sync-floating-ips', isAssignable: true, sources: [] },
  { kind: 'firewall', job: 'sync-firewalls', isAssignable: false, sources: [] },
  { kind: 'load_balancer', job: 'sync-load-balancers', isAssignable: true, sources: [] },
  { kind: 'droplet_backup', job: 'sync-droplet-backups', isAssignable: false, sources: ['droplet'] },
  { kind: 'spaces_bucket', job: 'sync-projects', isAssignable: true, sources: [] },
  { kind: 'managed_db', job: 'sync-projects', isAssignable: true, sources: [] },
  { kind: 'k8s_cluster', job: 'sync-projects', isAssignable: true, sources: [] },
  { kind: 'app', job: 'sync-projects', isAssignable: true, sources: [] },
];

/** Kinds known only through project membership. */
export const memberKinds: readonly string[] = kinds
  .filter(({ job }) => job === 'sync-projects')
  .map(({ kind }) => kind);

const listedKinds = new Set(kinds.filter(({ job }) => job !== 'sync-projects').map(({ kind }) => kind));

/** Has this kind a listing of its own? If not, its URN is all there is. */
export const hasOwnListing = (kind: string): boolean => listedKinds.has(kind);

const unassignable = new Set(kinds.filter(({ isAssignable }) => !isAssignable).map(({ kind }) => kind));

/** Kinds that no project ever lists. */
export const unassignableKinds: readonly string[] = [...unassignable];

/** Kinds whose resources may inherit from one of this kind, and those that may inherit from them. */
export const inheritorsOf = (kind: string): string[] => {
  const heirs = kinds.filter(({ sources }) => sources.includes(kind)).map((heir) => heir.kind);
  return [...new Set(heirs.flatMap((heir) => [heir, ...inheritorsOf(heir)]))];
};

/**
 * The jobs that list things, in the order in which they should run: projects first, so that what is discovered is
 * attributed at once, and sources before what inherits from them.
 */
export const syncJobs: readonly { job: string; kinds: readonly string[] }[] = [
  'sync-projects',
  ...new Set(kinds.map(({ job }) => job).filter((job) => job !== 'sync-projects')),
].map((job) => ({ job, kinds: kinds.filter((kind) => kind.job === job).map(({ kind }) => kind) }));

/**
 * A kind of resource. A kind with a job of its own is listed by it; the other kinds are known only from the URNs that projects
 * list. An assignable kind belongs to a project at the provider, so the operator's own project gets the resources that no
 * project lists; the other kinds have no project.
 */
export type Kind = {
  readonly kind: string;
  readonly job: string;
  readonly isAssignable: boolean;
  /** Kinds from which it inherits its owner, unless a tag, a project or a person names another. */
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

/** Whether a kind has a listing of its own. Otherwise only its URNs are known. */
export const hasOwnListing = (kind: string): boolean => listedKinds.has(kind);

const unassignable = new Set(kinds.filter(({ isAssignable }) => !isAssignable).map(({ kind }) => kind));

/** Kinds that no project ever lists. */
export const unassignableKinds: readonly string[] = [...unassignable];

export const canInherit = (kind: string): boolean =>
  kinds.some((known) => known.kind === kind && known.sources.length > 0);

/** Kinds whose resources may inherit from a resource of this kind, directly or through another. */
export const inheritorsOf = (kind: string): string[] => {
  const direct = kinds.filter(({ sources }) => sources.includes(kind)).map((inheritor) => inheritor.kind);
  return [...new Set(direct.flatMap((inheritor) => [inheritor, ...inheritorsOf(inheritor)]))];
};

/** Everything that a sweep lists: the projects and all kinds of resources. */
export const sweptKinds: readonly string[] = ['project', ...kinds.map(({ kind }) => kind)];

/**
 * The jobs that list resources, in the order in which they should run: projects first, so that discovered resources are
 * attributed at once, and sources before the kinds that inherit from them.
 */
export const syncJobs: readonly { job: string; kinds: readonly string[] }[] = [
  'sync-projects',
  ...new Set(kinds.map(({ job }) => job).filter((job) => job !== 'sync-projects')),
].map((job) => ({ job, kinds: kinds.filter((kind) => kind.job === job).map(({ kind }) => kind) }));

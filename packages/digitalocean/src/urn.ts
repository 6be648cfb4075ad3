/** A resource named by a provider URN, in the platform's terms. */
export interface ResourceName {
  /** The kind in the platform's terms, such as `dns_zone` for the provider's `domain`. */
  readonly kind: string;
  readonly id: string;
  /** The type as written in the URN. */
  readonly type: string;
}

const kindOfType: Readonly<Record<string, string>> = {
  domain: 'dns_zone',
  space: 'spaces_bucket',
  floatingip: 'floating_ip',
  reservedip: 'floating_ip',
  floatingipv6: 'floating_ip',
  reservedipv6: 'floating_ip',
  loadbalancer: 'load_balancer',
  dbaas: 'managed_db',
  kubernetes: 'k8s_cluster',
  volumesnapshot: 'snapshot',
  image: 'snapshot',
};

const typeOfKind: Readonly<Record<string, string>> = {
  dns_zone: 'domain',
  spaces_bucket: 'space',
  floating_ip: 'floatingip',
  load_balancer: 'loadbalancer',
  managed_db: 'dbaas',
  k8s_cluster: 'kubernetes',
};

/** Parses `do:<type>:<id>`. Only the first two colons separate, because an IPv6 address contains more. Undefined if the text is not a URN. */
export function parseUrn(urn: string): ResourceName | undefined {
  const match = /^do:([^:]+):(.+)$/.exec(urn);
  const type = match?.[1]?.toLowerCase();
  const id = match?.[2];
  if (type === undefined || id === undefined) return undefined;
  return { kind: kindOfType[type] ?? type, id, type };
}

/** The URN by which a resource is assigned to a project. The Projects API keeps the old name of a reserved IP. */
export function resourceUrn(kind: string, id: string): string {
  if (kind === 'floating_ip' && id.includes(':')) return `do:floatingipv6:${id}`;
  return `do:${typeOfKind[kind] ?? kind}:${id}`;
}

/** A provider's name of a resource, in the platform's words. */
export interface ResourceName {
  /** The kind in the platform's words, `dns_zone` for the provider's `domain`. */
  readonly kind: string;
  readonly id: string;
  /** The word that stood in the URN. */
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

/** Reads `do:<type>:<id>`; only the first two colons divide, because an IPv6 address holds more. Undefined when it is none. */
export function parseUrn(urn: string): ResourceName | undefined {
  const match = /^do:([^:]+):(.+)$/.exec(urn);
  const type = match?.[1]?.toLowerCase();
  const id = match?.[2];
  if (type === undefined || id === undefined) return undefined;
  return { kind: kindOfType[type] ?? type, id, type };
}

/** The URN to assign a resource by. The Projects API keeps the old name of a reserved IP. */
export function resourceUrn(kind: string, id: string): string {
  if (kind === 'floating_ip' && id.includes(':')) return `do:floatingipv6:${id}`;
  return `do:${typeOfKind[kind] ?? kind}:${id}`;
}

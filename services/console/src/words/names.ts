import { usageKinds } from '@arcadia/contracts';

/** Characters that a closed list shows on a telephone, where it cannot break a line. */
export const shownInList = 34;

/** Words that are not written as they are spelt in codes. */
const spelling: Readonly<Record<string, string>> = {
  gb: 'GB',
  llm: 'LLM',
  dns: 'DNS',
  ip: 'IP',
  ips: 'IPs',
  vpc: 'VPC',
  nat: 'NAT',
  nfs: 'NFS',
  ha: 'control plane',
  k8s: 'Kubernetes',
  cdn: 'CDN',
  ssh: 'SSH',
  api: 'API',
  vcpus: 'vCPUs',
  mb: 'MB',
  ipv4: 'IPv4',
  ipv6: 'IPv6',
  url: 'URL',
  digitalocean: 'DigitalOcean',
  db: 'database',
  byoip: 'BYOIP',
  id: 'id',
};

/** A code in words: `droplet_hours` is "Droplet hours", `k8s_cluster` is "Kubernetes cluster". */
export const inWords = (code: string): string => {
  const text = (code === 'size_slug' ? 'size' : code)
    .split(/[_-]/)
    .map((word) => spelling[word] ?? word.replace(/^(\d+)gb$/, '$1 GB').replace(/^(\d+)m$/, '$1 million'))
    .join(' ');
  return text.startsWith('vCPU') ? text : text.charAt(0).toUpperCase() + text.slice(1);
};

/** A field of a resource that an event changed, in words: `attrs.size_slug` is "Size", `owner.tenant_id` "Owner tenant id". */
export const fieldInWords = (field: string): string => inWords(field.replace(/^attrs\./, '').replaceAll('.', '_'));

/** A type of event or notification in words: `credit_note.issued` is "Credit note issued". */
export const typeInWords = (type: string): string => inWords(type.replaceAll('.', ' '));

/** A billing kind in words: `snapshot_gb_month` is "Snapshot storage", `database_storage_gb_month` "Database storage". */
export const kindInWords = (kind: string): string =>
  kind.endsWith('_gb_month')
    ? inWords(kind.replace(/(_storage)?_gb_month$/, '_storage'))
    : inWords(kind.replace(/_gb$/, ''));

/** The same words within a sentence: "droplet hours", but "DNS zone". */
export const inSentence = (words: string): string =>
  /^[A-Z][A-Z]|^Kubernetes/.test(words) ? words : words.charAt(0).toLowerCase() + words.slice(1);

const shortUnits: Readonly<Record<string, [one: string, many: string]>> = {
  hour: ['h', 'h'],
  month: ['month', 'months'],
  token: ['token', 'tokens'],
  'GB-month': ['GB-month', 'GB-months'],
  'zone-month': ['zone-month', 'zone-months'],
  GB: ['GB', 'GB'],
  piece: ['piece', 'pieces'],
};

/** A unit beside a quantity: `2160 h`, `1 month`, `3 months`. */
export const unitInWords = (unit: string, quantity: string): string => {
  const [one, many] = shortUnits[unit] ?? [unit, unit];
  return quantity === '1' ? one : many;
};

/** The unit of a billing kind. */
export const unitOfKind = (kind: string): string => usageKinds[kind]?.unit ?? '';

const sagaNames: Readonly<Record<string, string>> = {
  provision_droplet: 'Create a droplet',
  resize_droplet: 'Resize a droplet',
  suspend: 'Suspend a deployment',
  resume: 'Resume a deployment',
  offboard: 'Offboard a deployment',
  echo: 'Exercise without effect',
};

/** A kind of saga in words. */
export const sagaInWords = (kind: string): string => sagaNames[kind] ?? inWords(kind);

/** Who did something: a person by name; a service that acted by itself as "the service metering". */
export const senderInWords = (subject: string): string => subject.replace(/^service:/, 'the service ');

/** The number of things in words: `1 deployment`, `2 deployments`. */
export const countOf = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** Items in a sentence: "a, b and c". */
export const listed = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

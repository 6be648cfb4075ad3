import { billedKindOf } from '@arcadia/contracts';

/** The values that FOCUS 1.4 allows for ServiceCategory. */
export const serviceCategories = [
  'AI and Machine Learning',
  'Analytics',
  'Business Applications',
  'Compute',
  'Databases',
  'Developer Tools',
  'Multicloud',
  'Identity',
  'Integration',
  'Internet of Things',
  'Management and Governance',
  'Media',
  'Migration',
  'Mobile',
  'Networking',
  'Security',
  'Storage',
  'Web',
  'Other',
] as const;

type Category = (typeof serviceCategories)[number];

/** By the beginnings of billing kinds; the first that fits holds. */
const categories: readonly (readonly [beginning: string, Category])[] = [
  ['droplet_snapshot', 'Storage'],
  ['droplet', 'Compute'],
  ['kubernetes', 'Compute'],
  ['app_database', 'Databases'],
  ['app_egress', 'Networking'],
  ['app', 'Compute'],
  ['function', 'Compute'],
  ['database', 'Databases'],
  ['gpu', 'Compute'],
  ['volume', 'Storage'],
  ['snapshot', 'Storage'],
  ['backup', 'Storage'],
  ['spaces', 'Storage'],
  ['nfs', 'Storage'],
  ['custom_image', 'Storage'],
  ['registry', 'Developer Tools'],
  ['container_registry', 'Developer Tools'],
  ['load_balancer', 'Networking'],
  ['nat_gateway', 'Networking'],
  ['reserved_ip', 'Networking'],
  ['floating_ip', 'Networking'],
  ['byoip', 'Networking'],
  ['dns', 'Networking'],
  ['cdn', 'Networking'],
  ['partner_attachment', 'Networking'],
  ['bandwidth', 'Networking'],
  ['egress', 'Networking'],
];

/** The categories of kinds that were looked for; an operator may report any number of kinds. */
const found = new Map<string, Category>();
const mostFound = 1_000;

/**
 * The service category of a resource kind (`droplet`) or billing kind (`droplet_hours`), as FOCUS names it; `Other` for one that is
 * not the provider's, and for null.
 */
export const serviceCategoryOf = (kind: string | null): Category => {
  if (kind === null) return 'Other';
  const known = found.get(kind);
  if (known !== undefined) return known;
  const billed = billedKindOf(kind);
  const category = categories.find(([beginning]) => billed.startsWith(beginning))?.[1] ?? 'Other';
  if (found.size < mostFound) found.set(kind, category);
  return category;
};

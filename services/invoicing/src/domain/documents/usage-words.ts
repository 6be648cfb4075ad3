import { groupThousands } from '@arcadia/contracts';

/** How documents name a billing kind: as the beginning of a line, and after a quantity. */
type Words = { subject: string; after: (qty: string) => string };

const hours = (of: string): Words => ({ subject: `${of} hours`, after: (qty) => `${qty} ${lowered(of)} hours` });
const gigabytes = (subject: string): Words => ({ subject, after: (qty) => `${qty} GB of ${lowered(subject)}` });
const counted = (subject: string): Words => ({ subject, after: (qty) => `${qty} ${lowered(subject)}` });

/** Without its capital, unless the word is an abbreviation. */
const lowered = (text: string): string =>
  /^[A-Z]{2}/.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1);

/** Words that do not follow from the name of the kind. */
const named: Readonly<Record<string, Words>> = {
  spaces_gb_month: gigabytes('Storage'),
  snapshot_gb_month: gigabytes('Snapshots'),
  backup_gb_month: gigabytes('Backups'),
  volume_gb_month: gigabytes('Volumes'),
  bandwidth_gb: gigabytes('Data transfer'),
  floating_ip_hours: hours('Reserved IP'),
  dns_zones: counted('DNS zones'),
  llm_input_tokens: counted('LLM input tokens'),
  llm_output_tokens: counted('LLM output tokens'),
};

/** Words of any other kind, from its name: `load_balancer_hours` are `Load balancer hours`, `registry_gb_month` is `Registry`. */
const derived = (kind: string): Words => {
  const text = kind.replace(/_(gb_month|gb|hours)$/, '').replaceAll('_', ' ');
  const subject = text.charAt(0).toUpperCase() + text.slice(1);
  if (kind.endsWith('_hours')) return hours(subject);
  return /_gb(_month)?$/.test(kind) ? gigabytes(subject) : counted(subject);
};

const wordsOf = (kind: string): Words => (Object.hasOwn(named, kind) ? named[kind] : undefined) ?? derived(kind);

/** The kind as the beginning of a line: `Droplet hours`. */
export const subjectOf = (kind: string): string => wordsOf(kind).subject;

/** A quantity of a kind: `1,488 droplet hours`, `50 GB of storage`. */
export const quantityOf = (kind: string, qty: string): string => wordsOf(kind).after(shownQuantity(qty));

/**
 * Usage above an included quantity: `Droplet hours above the 1,488 included`, `Storage above the 100 GB included`.
 * @param size names the sizes that are charged, where a price is for some of them; else empty
 */
export const aboveIncluded = (kind: string, included: string, size: string): string => {
  const subject = size === '' ? subjectOf(kind) : `${subjectOf(kind)} (${size})`;
  const unit = /_gb(_month)?$/.test(kind) ? ' GB' : '';
  return /^0*(\.0*)?$/.test(included) ? subject : `${subject} above the ${shownQuantity(included)}${unit} included`;
};

/** A quantity for people to read, cut to four places; the exact one is in the JSON. */
export const shownQuantity = (qty: string): string => groupThousands(qty.replace(/(\.\d{4})\d+$/, '$1'));

const plurals: ReadonlySet<string> = new Set([
  'hour',
  'month',
  'token',
  'GB-month',
  'zone-month',
  'piece',
  'adjustment',
]);

const plural = (unit: string): string => (plurals.has(unit) ? `${unit}s` : unit);

/** A quantity with its unit: `672 hours`, `1 month`, `500 GB`, `3 packages of 1,000 tokens`. */
export const withUnit = (qty: string, unit: string): string => {
  const [, size, of] = /^package of (\S+) (.+)$/.exec(unit) ?? [];
  const isOne = qty === '1';
  if (size !== undefined && of !== undefined)
    return `${shownQuantity(qty)} ${isOne ? 'package' : 'packages'} of ${shownQuantity(size)} ${size === '1' ? of : plural(of)}`;
  return `${shownQuantity(qty)} ${isOne ? unit : plural(unit)}`;
};

import { canonicalDecimal, decimalText } from '../decimal.ts';
import { backupDimension } from './backup-dimension.ts';
import type { Measure, ResourceState } from './kind-entry.ts';

type Quantity = (state: ResourceState) => readonly Measure[];

const plain = (units: string | null): readonly Measure[] => [{ units, dimension: null }];

/** One for each resource. */
export const one: Quantity = () => plain('1');

/** One while the provider's status is this, and none during the others that are listed; unknown during any other status. */
export const oneWhile =
  (status: string, others: readonly string[]): Quantity =>
  (state) => {
    if (state.status === status) return plain('1');
    return plain(state.status !== null && others.includes(state.status) ? '0' : null);
  };

/** The same units, whose price depends on the text of an attribute, such as a size slug; an absent one is no dimension. */
export const byAttribute =
  (attribute: string, quantity: Quantity): Quantity =>
  (state) => {
    const value = state.attrs[attribute];
    const dimension = typeof value === 'string' && value !== '' ? value : null;
    return quantity(state).map(({ units }) => ({ units, dimension }));
  };

/** One while an attribute is not set. */
export const oneUnless =
  (attribute: string): Quantity =>
  ({ attrs }) =>
    plain((attrs[attribute] ?? null) === null ? '1' : '0');

/**
 * Gigabytes of the attribute `size_gb`; unknown while it is absent.
 * @throws if the size is not a decimal text of at least 0
 */
export const gigabytes: Quantity = ({ attrs }) => {
  const size = attrs['size_gb'] ?? null;
  if (size === null) return plain(null);
  const text = decimalText.parse(size);
  if (text.startsWith('-')) throw new RangeError(`size_gb is ${text}; a size is at least 0`);
  return plain(canonicalDecimal(text));
};

/**
 * Nodes of the attribute `node_count`; 1 where the provider gives no count.
 * @throws if the count is not a whole number of at least 0
 */
export const nodes: Quantity = ({ attrs }) => {
  const count = attrs['node_count'] ?? null;
  if (count === null) return plain('1');
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0)
    throw new RangeError(`node_count is ${String(count)}; a count is a whole number of at least 0`);
  return plain(String(count));
};

/** One while an attribute is true. */
export const oneIf =
  (attribute: string): Quantity =>
  ({ attrs }) =>
    plain(attrs[attribute] === true ? '1' : '0');

/** A whole number in an attribute; 0 where it is absent, for things that a resource may have beside itself. */
export const countOf =
  (attribute: string): Quantity =>
  ({ attrs }) => {
    const count = attrs[attribute] ?? 0;
    if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0)
      throw new RangeError(`${attribute} is ${String(count)}; a count is a whole number of at least 0`);
    return plain(String(count));
  };

/**
 * Gigabytes of an attribute, for a size beyond what another price includes; unknown while it is absent.
 * @throws if the size is not a decimal text of at least 0
 */
export const gigabytesOf =
  (attribute: string): Quantity =>
  ({ attrs, ...state }) =>
    gigabytes({ ...state, attrs: { size_gb: attrs[attribute] } });

/**
 * Gigabytes of a backup. The provider charges a share of the droplet's price instead, by the plan and the size of the droplet: their
 * dimension names all three where they are known.
 */
export const backupGigabytes: Quantity = (state) => {
  const text = (name: string): string => {
    const value = state.attrs[name];
    return typeof value === 'string' && !value.includes(' ') ? value : '';
  };
  const [plan, dropletSize, dropletId] = [text('backup_plan'), text('droplet_size'), text('source_id')];
  const isKnown = plan !== '' && dropletSize !== '' && dropletId !== '';
  const dimension = isKnown ? backupDimension({ plan, dropletSize, dropletId }) : null;
  return gigabytes(state).map(({ units }) => ({ units, dimension }));
};

/**
 * One while the backups of a droplet are on, running or not, since the provider charges a share of its price for that time. The dimension
 * names the plan and the size; a plan that could not be read is no dimension. States of earlier versions have no plan, and then the
 * number is unknown.
 */
export const backedUp: Quantity = ({ attrs }) => {
  const { backup_plan: plan, size_slug: size, features } = attrs;
  if (plan === undefined) return Array.isArray(features) && features.includes('backups') ? plain(null) : [];
  const isKnown = [plan, size].every((text) => typeof text === 'string' && text !== '' && !text.includes(' '));
  return [{ units: '1', dimension: isKnown ? `${plan} ${size}` : null }];
};

type Component = { type?: unknown; size_slug?: unknown; instance_count?: unknown };

/**
 * Containers of the services and workers in the attribute `components`, by instance size; unknown for a size of which one component
 * gives no number, as an autoscaled one may. Jobs run now and then, which a state does not show, and count nothing.
 */
export const containers: Quantity = ({ attrs }) => {
  const components: readonly unknown[] = Array.isArray(attrs['components']) ? attrs['components'] : [];
  const bySize = new Map<string | null, number | null>();
  for (const one of components) {
    if (typeof one !== 'object' || one === null) continue;
    const { type, size_slug: slug, instance_count: count }: Component = one;
    if (type === 'job') continue;
    const size = typeof slug === 'string' && slug !== '' ? slug : null;
    const before = bySize.get(size);
    const known = typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null;
    bySize.set(size, before === null || known === null ? null : (before ?? 0) + known);
  }
  if (bySize.size === 0) return plain('0');
  return [...bySize].map(([dimension, units]) => ({ units: units === null ? null : String(units), dimension }));
};

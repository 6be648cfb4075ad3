import { canonicalDecimal, decimalText } from '../decimal.ts';
import type { ResourceState } from './kind-entry.ts';

/** One for each resource. */
export const one = (): string => '1';

/** One while the provider's status is this. */
export const oneWhile =
  (status: string) =>
  (state: ResourceState): string =>
    state.status === status ? '1' : '0';

/** One while an attribute is not set. */
export const oneUnless =
  (attribute: string) =>
  ({ attrs }: ResourceState): string =>
    (attrs[attribute] ?? null) === null ? '1' : '0';

/**
 * Gigabytes of the attribute `size_gb`; 0 while the size is unknown.
 * @throws if the size is not a decimal text of at least 0
 */
export const gigabytes = ({ attrs }: ResourceState): string => {
  const size = attrs['size_gb'] ?? null;
  if (size === null) return '0';
  const text = decimalText.parse(size);
  if (text.startsWith('-')) throw new RangeError(`size_gb is ${text}; a size is at least 0`);
  return canonicalDecimal(text);
};

/**
 * Nodes of the attribute `node_count`; 1 where the provider gives no count.
 * @throws if the count is not a whole number of at least 0
 */
export const nodes = ({ attrs }: ResourceState): string => {
  const count = attrs['node_count'] ?? null;
  if (count === null) return '1';
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0)
    throw new RangeError(`node_count is ${String(count)}; a count is a whole number of at least 0`);
  return String(count);
};

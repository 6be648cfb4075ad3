import { canonicalDecimal, decimalText, type inventorySync, usageKinds } from '@arcadia/contracts';
import type { z } from 'zod';

export type Observed = Pick<
  z.infer<typeof inventorySync.resourceObserved.data>,
  'kind' | 'is_present' | 'status' | 'attrs'
>;

const billingKinds = new Map<string, string>(
  Object.entries(usageKinds).flatMap(([kind, { resource }]) => (resource === null ? [] : [[resource, kind] as const])),
);

/** The billing kind that a resource kind is metered as; null for a kind that costs its deployment nothing, such as a firewall. */
export const billingKindOf = (resourceKind: string): string | null => billingKinds.get(resourceKind) ?? null;

/**
 * Units of its billing kind that a resource counts for in this state, as a decimal: 1 for a droplet that is on, gigabytes for
 * storage, nodes for a load balancer. 0 while it is deleted, off, or of unknown size.
 */
export const unitsOf = (state: Observed): string => {
  if (!state.is_present) return '0';
  switch (state.kind) {
    case 'droplet':
      return state.status === 'active' ? '1' : '0';
    case 'floating_ip':
      return (state.attrs['assigned_to'] ?? null) === null ? '1' : '0';
    case 'load_balancer':
      return nodes(state.attrs['node_count']);
    case 'spaces_bucket':
    case 'snapshot':
    case 'droplet_backup':
    case 'volume':
      return gigabytes(state.attrs['size_gb']);
    case 'dns_zone':
      return '1';
    default:
      return '0';
  }
};

const gigabytes = (size: unknown): string => {
  if (size === undefined || size === null) return '0';
  const text = decimalText.parse(size);
  if (text.startsWith('-')) throw new RangeError(`a size of ${text} GB`);
  return canonicalDecimal(text);
};

const nodes = (count: unknown): string => {
  if (count === undefined || count === null) return '1';
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0)
    throw new RangeError(`${String(count)} nodes`);
  return String(count);
};

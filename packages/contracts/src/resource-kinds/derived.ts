import type { KindEntry, Measure, ObservedUsage, ResourceState } from './kind-entry.ts';
import { type ListedKind, type ResourceKind, resourceKinds } from './kinds.ts';

const entries: ReadonlyMap<string, KindEntry> = new Map<string, KindEntry>(Object.entries(resourceKinds));

/** The kinds with their entries, in the order of the registry. */
export const resourceKindEntries: readonly (readonly [ResourceKind, KindEntry])[] = Object.entries(resourceKinds) as [
  ResourceKind,
  KindEntry,
][];

/** The entry of a kind; undefined for a kind that only the provider knows. */
export const kindEntry = (kind: string): KindEntry | undefined => entries.get(kind);

/** The kinds whose entry passes a test. */
export const kindsWhere = (test: (entry: KindEntry) => boolean): ResourceKind[] =>
  resourceKindEntries.filter(([, entry]) => test(entry)).map(([kind]) => kind);

/** Whether the provider lists a kind by itself. Of any other kind only the URNs in its projects are known. */
export const isListedKind = (kind: string): kind is ListedKind =>
  (entries.get(kind)?.job ?? 'sync-projects') !== 'sync-projects';

/** The billing kinds of every metered resource kind. */
export const observedUsages: readonly (ObservedUsage & { resource: ResourceKind })[] = resourceKindEntries.flatMap(
  ([resource, { usages }]) => usages.map((usage) => ({ ...usage, resource })),
);

/** Name of the first billing kind that a resource kind is metered as; null for a kind that is not metered, such as a firewall. */
export const billingKindOf = (kind: string): string | null => entries.get(kind)?.usages[0]?.kind ?? null;

/** Units of one billing kind that a resource counts for. */
export type MeasuredUsage = Measure & { kind: string };

/**
 * Units of each of its billing kinds that a resource counts for in this state: 1 for a droplet that is on, gigabytes for storage,
 * nodes for a load balancer; 0 while it is deleted or off, null while its size is unknown. Empty for a kind that is not metered.
 * @throws if an attribute with its size is malformed
 */
export const measuresOf = ({ kind, ...state }: ResourceState & { kind: string }): readonly MeasuredUsage[] =>
  (entries.get(kind)?.usages ?? []).flatMap(({ kind: billingKind, measure }): MeasuredUsage[] =>
    state.is_present
      ? measure(state).map((one) => ({ kind: billingKind, ...one }))
      : [{ kind: billingKind, units: '0', dimension: null }],
  );

const kindOfType = new Map(
  resourceKindEntries.flatMap(([kind, { urnTypes }]) => urnTypes.map((type) => [type, kind] as const)),
);

/** A resource named by a provider URN. */
export type ResourceName = {
  /** Our kind, such as `dns_zone` for the provider's `domain`; an unknown type keeps the provider's word. */
  kind: string;
  id: string;
  /** The type as written in the URN. */
  type: string;
};

/** Parses `do:<type>:<id>`. Only the first two colons separate, because an IPv6 address contains more. Undefined if the text is not a URN. */
export function parseUrn(urn: string): ResourceName | undefined {
  const match = /^do:([^:]+):(.+)$/.exec(urn);
  const type = match?.[1]?.toLowerCase();
  const id = match?.[2];
  if (type === undefined || id === undefined) return undefined;
  return { kind: kindOfType.get(type) ?? type, id, type };
}

/** The URN by which a resource is assigned to a project. The Projects API keeps the old name of a reserved IP. */
export function resourceUrn(kind: string, id: string): string {
  const entry = entries.get(kind);
  const type = (id.includes(':') ? entry?.urnTypeOfIpv6 : undefined) ?? entry?.urnTypes[0] ?? kind;
  return `do:${type}:${id}`;
}

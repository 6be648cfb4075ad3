import { billingKindOf, observedUsages, resourceKindEntries } from './derived.ts';

/** Kinds of a bill's line that belong to no resource kind: amounts of the whole account, and products that are not known. */
const otherLines = ['account', 'unknown'] as const;

/** The billing kind as which a line of the bill is charged: the first one of its resource kind, else the line's own kind. */
export const billedKindOf = (lineKind: string): string => billingKindOf(lineKind) ?? lineKind;

/** The kinds as which lines of the bill are charged. */
export const billedKinds: ReadonlySet<string> = new Set([
  ...resourceKindEntries.filter(([, { bill }]) => bill !== undefined).map(([kind]) => billedKindOf(kind)),
  ...otherLines,
]);

/**
 * The billing kinds whose usage is on the same lines of the bill as a kind, with itself: the storage of a database cluster is on the
 * lines of its nodes.
 */
export const billedTogether = (kind: string): readonly string[] => {
  const resource = observedUsages.find((usage) => usage.kind === kind)?.resource;
  if (resource === undefined || billedKindOf(resource) !== kind) return [kind];
  const others = observedUsages.filter(
    (usage) => usage.kind !== kind && (usage.billedAs ?? usage.resource) === resource,
  );
  return [kind, ...others.map((usage) => usage.kind)];
};

/** The billing kind as which the bill charges usage that it lists with another kind of resource: backups by the hour are backups. */
export const chargedAs = (kind: string): string => {
  const billedAs = observedUsages.find((usage) => usage.kind === kind)?.billedAs;
  return billedAs === undefined ? kind : billedKindOf(billedAs);
};

/**
 * Pairs of kinds of which the bill may list resources of the first on lines of the second: the workers of a Kubernetes cluster are
 * droplets on lines of the cluster.
 */
export const billedWithin: readonly (readonly [kind: string, within: string])[] = resourceKindEntries.flatMap(
  ([kind, { billedWith }]) =>
    billedWith?.lineNames === 'itself' ? [[billedKindOf(kind), billedKindOf(billedWith.kind)] as const] : [],
);

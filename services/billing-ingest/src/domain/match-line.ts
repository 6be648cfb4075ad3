import { nameKey } from './line-name.ts';
import type { Span } from './line-times.ts';
import { existedWithin, type KnownResource, stretchesWithin } from './ownership.ts';

export type UnmatchedReason = 'destroyed_before_first_sync' | 'tax' | 'account_level' | 'unknown';

/** What matching needs to know of a line. */
export type MatchableLine = {
  kind: string;
  /** What the provider calls the resource, likeliest first; empty when the line does not say. */
  provider_ids: readonly string[];
  names: readonly string[];
  span: Span;
};

export type Match =
  | { resource_id: string; matched_by: 'provider_id' | 'name'; unmatched_reason: null }
  | { resource_id: null; matched_by: null; unmatched_reason: UnmatchedReason };

/** Resources that a line may be for, as the store found them. */
export type Candidates = {
  byProviderId: (providerId: string) => readonly KnownResource[];
  /** Everything that ever bore the name, whatever its kind. */
  byName: (nameKey: string) => readonly KnownResource[];
  byResourceId: (resourceId: string) => KnownResource | undefined;
  /** Whether another resource of its kind ever bore a name of its own. */
  hasRivals: (resourceId: string) => boolean;
};

/** The kinds of resource a line of some kind may be for, the likeliest first. A backup is billed to its droplet. */
const kindsFor = (kind: string): readonly string[] => {
  if (kind === 'droplet_backup') return ['droplet', 'droplet_backup'];
  if (kind === 'k8s_cluster') return ['k8s_cluster', 'droplet'];
  return [kind];
};

const unmatchable: Record<string, UnmatchedReason> = { tax: 'tax', account: 'account_level' };

/**
 * Finds the resource of a line: by provider id when the line has one, else by kind and name, case aside. Only a resource
 * that existed within the line's span counts, so that a destroyed one still matches its tombstone and a later one of the
 * same name does not. Of several the one that bore the name within the span wins, then one that no other line of that time
 * has `taken`, then the one that bore it longest.
 * @param context.firstSyncAt when inventory first saw anything; null when it has seen nothing
 */
export const matchLine = (
  line: MatchableLine,
  candidates: Candidates,
  context: { firstSyncAt: Temporal.Instant | null; taken: (resourceId: string) => boolean },
): Match => {
  const impossible = unmatchable[line.kind];
  if (impossible !== undefined) return unmatched(impossible);
  const byId = findByProviderId(line, candidates);
  if (byId !== null)
    return { resource_id: billedTo(byId, candidates), matched_by: 'provider_id', unmatched_reason: null };
  if (line.kind === 'unknown') return unmatched('unknown');
  const byName = findByName(line, candidates, context.taken);
  if (byName !== null) return { resource_id: billedTo(byName, candidates), matched_by: 'name', unmatched_reason: null };
  // What was made after inventory began to look and still was never seen was not missed by coming late.
  const isAfterFirstSync =
    context.firstSyncAt !== null && Temporal.Instant.compare(line.span.start, context.firstSyncAt) >= 0;
  return unmatched(isAfterFirstSync ? 'unknown' : 'destroyed_before_first_sync');
};

const unmatched = (reason: UnmatchedReason): Match => ({
  resource_id: null,
  matched_by: null,
  unmatched_reason: reason,
});

/** An unknown product that names a resource of ours by its id is a line for it; ids of other kinds may be equal by chance. */
const findByProviderId = (line: MatchableLine, candidates: Candidates): KnownResource | null => {
  for (const providerId of line.provider_ids) {
    const known = candidates.byProviderId(providerId).filter((resource) => existedWithin(resource, line.span));
    if (line.kind === 'unknown') {
      if (known.length === 1) return known[0] ?? null;
      continue;
    }
    for (const kind of kindsFor(line.kind)) {
      const found = known.find((resource) => resource.kind === kind);
      if (found !== undefined) return found;
    }
  }
  return null;
};

const findByName = (
  line: MatchableLine,
  candidates: Candidates,
  taken: (id: string) => boolean,
): KnownResource | null => {
  for (const kind of kindsFor(line.kind)) {
    for (const name of line.names) {
      const key = nameKey(name);
      const fitting = candidates
        .byName(key)
        .filter((resource) => resource.kind === kind)
        .map((resource) => ({ resource, ...fit(resource, key, line.span) }))
        .filter(({ existed }) => existed > 0);
      fitting.sort(
        (a, b) =>
          Number(b.named > 0) - Number(a.named > 0) ||
          Number(taken(a.resource.resource_id)) - Number(taken(b.resource.resource_id)) ||
          b.named - a.named ||
          b.existed - a.existed ||
          (a.resource.resource_id < b.resource.resource_id ? -1 : 1),
      );
      if (fitting[0] !== undefined) return fitting[0].resource;
    }
  }
  return null;
};

/** How long a resource existed within a span, and how much of that under a name. A renamed one is billed under its newest name. */
const fit = (resource: KnownResource, key: string, span: Span): { existed: number; named: number } => {
  let existed = 0;
  let named = 0;
  for (const stretch of stretchesWithin(resource, span)) {
    existed += stretch.milliseconds;
    if (nameKey(stretch.name) === key) named += stretch.milliseconds;
  }
  return { existed, named };
};

/** A backup is billed to its droplet and a worker to its cluster, where these are known. */
const billedTo = (found: KnownResource, candidates: Candidates): string =>
  (found.source_id === null ? undefined : candidates.byResourceId(found.source_id)?.resource_id) ?? found.resource_id;

/** Candidates among resources at hand. */
export const candidatesAmong = (resources: readonly KnownResource[]): Candidates => {
  const byProviderId = Map.groupBy(resources, ({ provider_id }) => provider_id);
  const byName = new Map<string, KnownResource[]>();
  for (const resource of resources) {
    for (const key of new Set(resource.states.map(({ name }) => nameKey(name)))) {
      const named = byName.get(key);
      if (named === undefined) byName.set(key, [resource]);
      else named.push(resource);
    }
  }
  const byResourceId = new Map(resources.map((resource) => [resource.resource_id, resource]));
  return {
    byProviderId: (id) => byProviderId.get(id) ?? [],
    byName: (key) => byName.get(key) ?? [],
    byResourceId: (id) => byResourceId.get(id),
    hasRivals: (id) => {
      const own = byResourceId.get(id);
      const namesakes = (own?.states ?? []).flatMap(({ name }) => byName.get(nameKey(name)) ?? []);
      return namesakes.some(({ kind, resource_id }) => kind === own?.kind && resource_id !== id);
    },
  };
};

import { kindEntry, kindsWhere } from '@arcadia/contracts';
import { nameKey } from './line-name.ts';
import type { Span } from './line-times.ts';
import { existedWithin, type KnownResource, stretchesWithin } from './ownership.ts';

export type UnmatchedReason = 'destroyed_before_first_sync' | 'tax' | 'account_level' | 'unknown';

/** The fields of a line that matching needs. */
export type MatchableLine = {
  kind: string;
  /** The provider's ids of the resource, the most likely first; empty if the line has none. */
  provider_ids: readonly string[];
  names: readonly string[];
  span: Span;
};

export type Match =
  | { resource_id: string; matched_by: 'provider_id' | 'name'; unmatched_reason: null }
  | { resource_id: null; matched_by: null; unmatched_reason: UnmatchedReason };

/** The resources that a line may match, as the store found them. */
export type Candidates = {
  byProviderId: (providerId: string) => readonly KnownResource[];
  /** All resources of any kind that ever had the name. */
  byName: (nameKey: string) => readonly KnownResource[];
  byResourceId: (resourceId: string) => KnownResource | undefined;
  /** Whether another resource of its kind ever had one of its names. */
  hasRivals: (resourceId: string) => boolean;
};

/**
 * The resource kinds that a line of a kind may match, the most likely first: a line of a backup names its droplet, a line of a
 * cluster may name a worker.
 */
function kindsFor(kind: string): readonly string[] {
  const own = kindEntry(kind)?.billedWith;
  if (own?.lineNames === 'source') return [own.kind, kind];
  return [kind, ...kindsWhere(({ billedWith }) => billedWith?.kind === kind && billedWith.lineNames === 'itself')];
}

const unmatchable: Record<string, UnmatchedReason> = { tax: 'tax', account: 'account_level' };

/**
 * Finds the resource of a line: by provider id if the line has one, else by kind and name, ignoring case. Only a resource
 * that existed within the line's span counts, so that a deleted one still matches and a later one of the same name does not.
 * Of several, the one that had the name within the span wins, then one that no other line of that time has taken, then the
 * one that had the name longest.
 * @param context.firstSyncAt the time of the first observation; null before the first sync
 * @param context.isTaken whether another line of the same time has matched the resource
 */
export function matchLine(
  line: MatchableLine,
  candidates: Candidates,
  context: { firstSyncAt: Temporal.Instant | null; isTaken: (resourceId: string) => boolean },
): Match {
  const impossible = unmatchable[line.kind];
  if (impossible !== undefined) return unmatched(impossible);
  const byId = findByProviderId(line, candidates);
  if (byId !== null)
    return { resource_id: billedTo(byId, candidates), matched_by: 'provider_id', unmatched_reason: null };
  if (line.kind === 'unknown') return unmatched('unknown');
  const byName = findByName(line, candidates, context.isTaken);
  if (byName !== null) return { resource_id: billedTo(byName, candidates), matched_by: 'name', unmatched_reason: null };
  // A resource created after the first sync would have been observed, so an early deletion does not explain the gap.
  const isAfterFirstSync =
    context.firstSyncAt !== null && Temporal.Instant.compare(line.span.start, context.firstSyncAt) >= 0;
  return unmatched(isAfterFirstSync ? 'unknown' : 'destroyed_before_first_sync');
}

const unmatched = (reason: UnmatchedReason): Match => ({
  resource_id: null,
  matched_by: null,
  unmatched_reason: reason,
});

/** A line of an unknown product matches by id only if one resource has it: ids of different kinds may be equal by chance. */
function findByProviderId(line: MatchableLine, candidates: Candidates): KnownResource | null {
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
}

function findByName(
  line: MatchableLine,
  candidates: Candidates,
  isTaken: (id: string) => boolean,
): KnownResource | null {
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
          Number(isTaken(a.resource.resource_id)) - Number(isTaken(b.resource.resource_id)) ||
          b.named - a.named ||
          b.existed - a.existed ||
          (a.resource.resource_id < b.resource.resource_id ? -1 : 1),
      );
      if (fitting[0] !== undefined) return fitting[0].resource;
    }
  }
  return null;
}

/** Milliseconds that a resource existed within a span, and had a name. A renamed resource is invoiced under its newest name. */
function fit(resource: KnownResource, key: string, span: Span): { existed: number; named: number } {
  let existed = 0;
  let named = 0;
  for (const stretch of stretchesWithin(resource, span)) {
    existed += stretch.milliseconds;
    if (nameKey(stretch.name) === key) named += stretch.milliseconds;
  }
  return { existed, named };
}

/** A backup is invoiced with its droplet and a worker with its cluster, if these are known. */
const billedTo = (found: KnownResource, candidates: Candidates): string =>
  (found.source_id === null ? undefined : candidates.byResourceId(found.source_id)?.resource_id) ?? found.resource_id;

/** Indexes resources for matching. */
export function candidatesAmong(resources: readonly KnownResource[]): Candidates {
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
}

import { canonicalJson, type inventorySync, type Json } from '@arcadia/contracts';
import { isBefore, type State } from './resource.ts';

export type Owner = inventorySync.Owner;

/** A span of time from `at` to the next segment: the state of the resource, its owner by the rules (`auto`), and its owner. */
export type Segment = { at: Temporal.Instant; state: State; auto: Owner; owner: Owner };

/** A change at an instant; it holds only the fields that it is about. */
export type Change = {
  at: Temporal.Instant;
  state?: Partial<Omit<State, 'attrs'>> & { attrs?: Record<string, Json> };
  auto?: Owner;
};

/** An attribution by hand; `owner` null: from then on the rules decide again. */
export type Claim = { at: Temporal.Instant; owner: Pick<Owner, 'tenant_id' | 'deployment_id'> | null };

export const unowned: Owner = { tenant_id: null, deployment_id: null, project_id: null, attributed_by: null };

export const isSame = (a: unknown, b: unknown): boolean =>
  a === b || canonicalJson(a ?? null) === canonicalJson(b ?? null);

/**
 * The history of a resource after changes to it, some of which may lie in the past. A change holds from its instant until the
 * next segment that changed the same field: learning today that a droplet was switched off at noon does not undo the state
 * observed at three. Existing segments stay, because they were published and can only be published again; `changedSegments`
 * finds those that must be.
 */
export const withChanges = (
  history: readonly Segment[],
  changes: readonly Change[],
  claims: readonly Claim[],
): Segment[] => {
  let segments = [...history];
  for (const change of changes) segments = withChange(segments, change);
  for (const claim of claims) segments = split(segments, claim.at);
  segments = segments.map((segment) => ({ ...segment, owner: ownerAt(segment, claims) }));
  return segments.filter((segment, index) => isNeeded(segment, segments[index - 1], history));
};

/** The segments that are new or differ from the published segment of their instant, in order of time. */
export const changedSegments = (before: readonly Segment[], after: readonly Segment[]): Segment[] => {
  if (before.length === 0) return [...after];
  const published = new Map(before.map((segment) => [segment.at.epochNanoseconds, segment]));
  return after.filter((segment) => {
    const known = published.get(segment.at.epochNanoseconds);
    return known === undefined || !isSameContent(known, segment);
  });
};

/** The history of an inheriting resource after the history of its source changed: from `from` on it has the owner of its source. */
export const inheriting = (
  history: readonly Segment[],
  { source, from, claims }: { source: readonly Segment[]; from: Temporal.Instant; claims: readonly Claim[] },
): Segment[] => {
  const segmentsOfSource = source.filter((_, index) => {
    const end = source[index + 1]?.at;
    return end === undefined || isBefore(from, end);
  });
  let segments = [...history];
  for (const { at } of segmentsOfSource) segments = split(segments, isBefore(at, from) ? from : at);
  segments = segments.map((segment) => {
    const origin = isBefore(segment.at, from) ? undefined : segmentAt(source, segment.at);
    if (origin === undefined) return segment;
    const { attributed_by, ...owner } = origin.owner;
    const isOwned = attributed_by !== null && Object.values(owner).some((value) => value !== null);
    return { ...segment, auto: { ...owner, attributed_by: isOwned ? ('source' as const) : null } };
  });
  return withChanges(segments, [], claims).filter((segment, index, all) => isNeeded(segment, all[index - 1], history));
};

/** The segment in force at an instant; undefined before the first. */
export const segmentAt = (segments: readonly Segment[], at: Temporal.Instant): Segment | undefined =>
  segments.findLast((segment) => !isBefore(at, segment.at));

/** Whether two segments are equal apart from their instants. */
const isSameContent = (a: Segment, b: Segment): boolean =>
  isSame({ state: a.state, owner: a.owner, auto: a.auto }, { state: b.state, owner: b.owner, auto: b.auto });

/** A new segment that equals the one before it is not needed. */
const isNeeded = (segment: Segment, previous: Segment | undefined, history: readonly Segment[]): boolean =>
  previous === undefined || !isSameContent(previous, segment) || history.some((known) => known.at.equals(segment.at));

const withChange = (segments: readonly Segment[], change: Change): Segment[] => {
  const result = split(segments, change.at);
  const first = result.findIndex((segment) => segment.at.equals(change.at));
  const inForce = segments.findLast((segment) => !isBefore(change.at, segment.at)) ?? segments[0];
  if (first < 0 || inForce === undefined) return result;
  for (const field of fieldsOf(change)) {
    const before = field.get(inForce);
    for (let index = first; index < result.length; index += 1) {
      const segment = result[index];
      if (segment === undefined) break;
      // A later segment in which the field has another value changed it itself.
      if (index > first && !isSame(field.get(segment), before)) break;
      result[index] = field.set(segment);
    }
  }
  return result;
};

type Field = { get(segment: Segment): unknown; set(segment: Segment): Segment };

const fieldsOf = ({ state, auto }: Change): Field[] => {
  const { attrs = {}, ...plain } = state ?? {};
  const fields: Field[] = Object.entries(plain).map(([name, value]) => ({
    get: (segment) => segment.state[name as keyof State],
    set: (segment) => ({ ...segment, state: { ...segment.state, [name]: value } }),
  }));
  for (const [name, value] of Object.entries(attrs)) {
    fields.push({
      get: (segment) => segment.state.attrs[name],
      set: (segment) => ({ ...segment, state: { ...segment.state, attrs: { ...segment.state.attrs, [name]: value } } }),
    });
  }
  if (auto !== undefined) fields.push({ get: (segment) => segment.auto, set: (segment) => ({ ...segment, auto }) });
  return fields;
};

/** Begins a segment at an instant as a copy of the one in force; before the first segment nothing is added. */
const split = (segments: readonly Segment[], at: Temporal.Instant): Segment[] => {
  const index = segments.findLastIndex((segment) => !isBefore(at, segment.at));
  const inForce = segments[index];
  if (inForce === undefined || inForce.at.equals(at)) return [...segments];
  return [...segments.slice(0, index + 1), { ...inForce, at }, ...segments.slice(index + 1)];
};

/** An attribution by hand wins from its instant until the next one; the project stays that of the rules. */
const ownerAt = (segment: Segment, claims: readonly Claim[]): Owner => {
  let inForce: Claim | undefined;
  for (const claim of claims) {
    if (isBefore(segment.at, claim.at)) continue;
    if (inForce === undefined || !isBefore(claim.at, inForce.at)) inForce = claim;
  }
  if (inForce === undefined || inForce.owner === null) return segment.auto;
  return { ...inForce.owner, project_id: segment.auto.project_id, attributed_by: 'hand' };
};

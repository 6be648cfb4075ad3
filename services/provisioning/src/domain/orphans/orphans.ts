import { type SagaStatus, sagaTag } from '../sagas/saga.ts';

/** How long after its end the provider is searched for what a saga left behind, and how soon the first search comes. */
const searchedFor = Temporal.Duration.from({ hours: 24 });
const firstAfter = Temporal.Duration.from({ minutes: 5 });

/** When the first search for orphans of a saga comes that ended at an instant. */
export const firstSearchAt = (finishedAt: Temporal.Instant): Temporal.Instant => finishedAt.add(firstAfter);

/**
 * When the search after one at `now` comes: at twice the time since the end of the saga, and for the last time a day after it.
 * @returns null after the last one
 */
export function nextSearchAt(finishedAt: Temporal.Instant, now: Temporal.Instant): Temporal.Instant | null {
  const last = finishedAt.add(searchedFor);
  if (Temporal.Instant.compare(now, last) >= 0) return null;
  const doubled = now.add(finishedAt.until(now));
  const next = Temporal.Instant.compare(doubled, firstSearchAt(finishedAt)) < 0 ? firstSearchAt(finishedAt) : doubled;
  return Temporal.Instant.compare(next, last) < 0 ? next : last;
}

/**
 * Whether something that an ended saga made may still appear: a droplet, once its creation may have begun, or the final snapshot of
 * a droplet that the saga did not delete.
 */
export function mayLeaveOrphans(saga: {
  kind: string;
  status: SagaStatus;
  inputs: Readonly<Record<string, unknown>>;
  context: Readonly<Record<string, unknown>>;
}): boolean {
  if (saga.kind === 'provision_droplet') return 'tag' in saga.context;
  return saga.kind === 'offboard' && saga.status !== 'completed' && saga.inputs['final_snapshot'] === true;
}

/** A droplet with the tag of a saga that does not need it, and everything that is known of it. */
export type FoundDroplet = {
  name: string;
  sizeSlug: string;
  region: string;
  tags: readonly string[];
  createdAt: string;
  /** Whether the provider's default project lists it. */
  isInDefaultProject: boolean;
  /** An operator attributed it by hand. */
  isAttributedByHand: boolean;
  /** It has a desired state: another saga or an operator manages it. */
  hasDesiredState: boolean;
};

/** The creation that the droplet is compared with. */
export type Creation = {
  sagaId: string;
  startedAt: string;
  name: string;
  sizeSlug: string;
  region: string;
  tags: readonly string[];
  /** The droplet is the one that the saga itself worked with, and has perhaps tagged and put in a project. */
  isItsOwn: boolean;
};

/** Clocks differ by less than this. */
const clockTolerance = Temporal.Duration.from({ minutes: 10 });

/**
 * The reason that a droplet is not removed: a person or another program has to do with it. Only a droplet that is exactly as the
 * saga's request made it is removed.
 * @returns null: it is an orphan, and is removed
 */
export function reasonToKeep(found: FoundDroplet, creation: Creation): string | null {
  if (found.isAttributedByHand) return 'An operator attributed it by hand.';
  if (found.hasDesiredState) return 'It has a desired state.';
  const earliest = Temporal.Instant.from(creation.startedAt).subtract(clockTolerance);
  if (Temporal.Instant.compare(found.createdAt, earliest) < 0) return 'It is older than the saga whose tag it has.';
  if (found.name !== creation.name) return `Its name is ${found.name}, not the requested ${creation.name}.`;
  if (found.sizeSlug !== creation.sizeSlug)
    return `Its size is ${found.sizeSlug}, not the requested ${creation.sizeSlug}.`;
  if (!found.region.startsWith(creation.region))
    return `Its region is ${found.region}, not the requested ${creation.region}.`;
  if (creation.isItsOwn) return null;
  const requested = new Set([...creation.tags, sagaTag(creation.sagaId)].map((tag) => tag.toLowerCase()));
  const added = found.tags.filter((tag) => !requested.has(tag.toLowerCase()));
  if (added.length > 0) return `It was given the tags ${added.join(', ')}.`;
  return found.isInDefaultProject ? null : 'It was put in a project.';
}

import { type inventorySync, type RequestOutput } from '@arcadia/contracts';
import type { Stretch, StripState } from '../html/state-strip.ts';

type Resource = RequestOutput<typeof inventorySync.getResource>;
type Event = Resource['events'][number];

/** The part of a resource's state that is drawn. */
type State = { isPresent: boolean; status: string | null; owner: string | null };

const value = (event: Event, field: string, side: 'before' | 'after'): unknown => event.changes[field]?.[side];

/** The deployments that a resource belonged to since an instant, as far as its events, newest first, reach back. */
export const ownersSince = (resource: Resource, events: readonly Event[], from: string): string[] => {
  const owners = [resource.owner.deployment_id];
  for (const event of events.toSorted((a, b) => (a.effective_at < b.effective_at ? 1 : -1))) {
    if (event.effective_at <= from) break;
    if ('owner.deployment_id' in event.changes)
      owners.push((value(event, 'owner.deployment_id', 'before') as string | null) ?? null);
  }
  return [...new Set(owners.filter((owner) => owner !== null))];
};

/**
 * The states of a resource in a span, from its present state backwards through its events, newest first. Events older than
 * those that were read leave the state before them unknown, so the strip begins where they begin.
 */
export const statesOf = (
  resource: Resource,
  events: readonly Event[],
  span: { from: string; to: string; isWholeHistory: boolean; nameOf: (deploymentId: string) => string },
): Stretch[] => {
  let state: State = {
    isPresent: resource.is_present,
    status: resource.status,
    owner: resource.owner.deployment_id,
  };
  let end = span.to;
  const stretches: Stretch[] = [];
  const add = (from: string): void => {
    const start = from < span.from ? span.from : from;
    if (start < end) stretches.push(stretchOf(resource.kind, state, { from: start, to: end, nameOf: span.nameOf }));
    if (start < end) end = start;
  };
  for (const event of events.toSorted((a, b) => (a.effective_at < b.effective_at ? 1 : -1))) {
    add(event.effective_at);
    state = before(state, event);
    if (event.effective_at <= span.from) break;
  }
  if (span.isWholeHistory) add(resource.created_at ?? resource.first_seen_at);
  return joinedAlike(stretches.toReversed());
};

const before = (state: State, event: Event): State => {
  return {
    isPresent:
      event.type === 'deleted'
        ? true
        : event.type === 'restored' || event.type === 'discovered'
          ? false
          : state.isPresent,
    status: 'status' in event.changes ? ((value(event, 'status', 'before') as string | null) ?? null) : state.status,
    owner:
      'owner.deployment_id' in event.changes
        ? ((value(event, 'owner.deployment_id', 'before') as string | null) ?? null)
        : state.owner,
  };
};

const stretchOf = (
  kind: string,
  state: State,
  { from, to, nameOf }: { from: string; to: string; nameOf: (deploymentId: string) => string },
): Stretch => {
  const drawn = drawnState(kind, state);
  const owner = state.owner === null ? '' : `, of ${nameOf(state.owner)}`;
  const words = {
    gone: 'Not there',
    off: `Off${state.status === null ? '' : ` (${state.status})`}${owner}`,
    unowned: `On${state.status === null ? '' : ` (${state.status})`}, belongs to no deployment`,
    on: `On${state.status === null ? '' : ` (${state.status})`}${owner}`,
  }[drawn];
  return { state: drawn, from, to, words };
};

const drawnState = (kind: string, { isPresent, status, owner }: State): StripState => {
  if (!isPresent) return 'gone';
  // Of all kinds, a droplet alone is metered by its status; every other one is simply there.
  if (kind === 'droplet' && status !== null && status !== 'active') return 'off';
  return owner === null ? 'unowned' : 'on';
};

const joinedAlike = (stretches: readonly Stretch[]): Stretch[] => {
  const joined: Stretch[] = [];
  for (const stretch of stretches) {
    const last = joined.at(-1);
    if (last !== undefined && last.words === stretch.words && last.to === stretch.from) last.to = stretch.to;
    else joined.push({ ...stretch });
  }
  return joined;
};

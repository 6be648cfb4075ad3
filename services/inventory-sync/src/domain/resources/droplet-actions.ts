import type { Json } from '@arcadia/contracts';
import { earlier, type State } from './resource.ts';
import { type Change, type Segment, unowned } from './timeline.ts';

/** A completed entry about a droplet in the provider's action log. */
export type Action = { actionId: string; type: string; startedAt: Temporal.Instant; completedAt: Temporal.Instant };

/** An entry as the log shows it; it may still be running. */
export type LoggedAction = {
  actionId: string;
  type: string;
  providerId: string;
  region: string | null;
  startedAt: Temporal.Instant;
  completedAt: Temporal.Instant | null;
};

/** A droplet that was created and destroyed without appearing in any listing. */
export type UnlistedDroplet = { providerId: string; region: string | null; actions: Action[] };

const sizeAttrs = ['size_slug', 'vcpus', 'memory_mb', 'disk_gb'] as const;

/**
 * The changes between two listings that the action log adds: when a droplet was switched on or off, and when it got its present
 * size. `shown` is the droplet in the later listing, `seenAt` the time of that listing.
 */
export const changesFromActions = (
  actions: readonly Action[],
  shown: { status: string | null; attrs: Record<string, Json> },
  seenAt: Temporal.Instant,
): Change[] => {
  const inOrder = actions.toSorted((a, b) => Temporal.Instant.compare(a.completedAt, b.completedAt));
  const changes: Change[] = [];
  for (const [index, action] of inOrder.entries()) {
    const status = statusAfter(action, inOrder.slice(index + 1), shown.status);
    if (status !== null) changes.push({ at: earlier(action.completedAt, seenAt), state: { status } });
  }
  const resized = inOrder.findLast(({ type }) => type === 'resize');
  const size = Object.fromEntries(
    sizeAttrs.filter((name) => name in shown.attrs).map((name) => [name, shown.attrs[name] ?? null]),
  );
  if (resized !== undefined) changes.push({ at: earlier(resized.completedAt, seenAt), state: { attrs: size } });
  return changes;
};

const powerActions = new Set(['power_on', 'power_off', 'shutdown']);

/**
 * A shutdown only requests that the machine stops, and completes even if the machine ignores it. It counts if the machine was
 * switched on afterwards, or if no power action followed and the listing shows the machine off.
 */
const statusAfter = (
  action: Action,
  following: readonly Action[],
  shownStatus: string | null,
): 'active' | 'off' | null => {
  if (action.type === 'power_on' || action.type === 'create') return 'active';
  if (action.type === 'power_off') return 'off';
  if (action.type !== 'shutdown') return null;
  const next = following.find(({ type }) => powerActions.has(type));
  const isOff = next === undefined ? shownStatus === 'off' : next.type === 'power_on';
  return isOff ? 'off' : null;
};

/** The history of a droplet that only the action log knows; empty if the log lacks its creation or destruction. */
export const unlistedHistory = ({ providerId, region, actions }: UnlistedDroplet): Segment[] => {
  const createdAt = actions.find(({ type }) => type === 'create')?.startedAt;
  const destroyedAt = actions.findLast(({ type }) => type === 'destroy')?.completedAt;
  if (createdAt === undefined || destroyedAt === undefined) return [];
  const state: State = {
    is_present: true,
    name: `droplet ${providerId}`,
    status: 'active',
    region,
    created_at: createdAt.toString(),
    attrs: {},
  };
  return [
    { at: createdAt, state, auto: unowned, owner: unowned },
    { at: destroyedAt, state: { ...state, is_present: false }, auto: unowned, owner: unowned },
  ];
};

import type { Json } from '@arcadia/contracts';
import { earlier } from './resource.ts';
import type { Change } from './timeline.ts';

/** One completed entry of the provider's action log about a droplet. */
export type Action = { actionId: string; type: string; startedAt: Temporal.Instant; completedAt: Temporal.Instant };

/** The same as the log shows it, perhaps still running. */
export type LoggedAction = {
  actionId: string;
  type: string;
  providerId: string;
  region: string | null;
  startedAt: Temporal.Instant;
  completedAt: Temporal.Instant | null;
};

const sizeAttrs = ['size_slug', 'vcpus', 'memory_mb', 'disk_gb'] as const;

/**
 * What the action log tells about the time between two listings: when a droplet was switched on or off, and when it got
 * the size it has now. `shown` is how the later listing shows it, `seenAt` when that was.
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

const switches = new Set(['power_on', 'power_off', 'shutdown']);

/**
 * A shutdown asks the machine politely, and completes even when the machine takes no notice. It counts when the machine was
 * switched on afterwards, or nothing followed and the listing shows it off.
 */
const statusAfter = (
  action: Action,
  following: readonly Action[],
  shownStatus: string | null,
): 'active' | 'off' | null => {
  if (action.type === 'power_on' || action.type === 'create') return 'active';
  if (action.type === 'power_off') return 'off';
  if (action.type !== 'shutdown') return null;
  const next = following.find(({ type }) => switches.has(type));
  const isOff = next === undefined ? shownStatus === 'off' : next.type === 'power_on';
  return isOff ? 'off' : null;
};

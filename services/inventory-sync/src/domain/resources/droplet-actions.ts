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
 * The changes between two listings that the action log adds: when a droplet was switched on or off, when it got its present
 * size, and when its backups were switched on or off. `shown` is the droplet in the later listing, `seenAt` the time of that listing.
 */
export const changesFromActions = (
  actions: readonly Action[],
  shown: { status: string | null; attrs: Record<string, Json> },
  seenAt: Temporal.Instant,
): Change[] => {
  if (actions.length === 0) return [];
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
  for (const { type, completedAt } of inOrder.filter(isOfBackups))
    changes.push({ at: earlier(completedAt, seenAt), state: { attrs: planAfter(type, shown.attrs) } });
  return changes;
};

const isOfBackups = ({ type }: Action): boolean =>
  type === 'enable_backups' || type === 'change_backup_policy' || type === 'disable_backups';

/** The log does not contain the plan that was chosen: it is that of the listing, or one that is not known if backups are off by now. */
const planAfter = (type: string, shown: Record<string, Json>): Record<string, Json> =>
  type === 'disable_backups' ? switchedOff(shown) : switchedOn(shown, shown['backup_plan'] ?? null);

const switchedOn = (shown: Record<string, Json>, plan: Json): Record<string, Json> => ({
  backup_plan: plan,
  ...featuresOf(shown, (features) => [...new Set([...features, 'backups'])].toSorted()),
});

const switchedOff = (shown: Record<string, Json>): Record<string, Json> => {
  const changed = { backup_plan: undefined, ...withoutBackups(shown) };
  // A removed attribute becomes undefined, which JSON leaves out.
  return changed as Record<string, Json | undefined> as Record<string, Json>;
};

const withoutBackups = (shown: Record<string, Json>): Record<string, Json> =>
  featuresOf(shown, (features) => features.filter((feature) => feature !== 'backups'));

const featuresOf = (
  { features }: Record<string, Json>,
  change: (features: readonly Json[]) => Json[],
): Record<string, Json> => (Array.isArray(features) ? { features: change(features) } : {});

/** Attributes before the first action on backups: they were off before they were switched on, and on before they were switched off. */
export const attrsBeforePlans = (actions: readonly Action[], shown: Record<string, Json>): Record<string, Json> => {
  const [first] = actions
    .filter(isOfBackups)
    .toSorted((a, b) => Temporal.Instant.compare(a.completedAt, b.completedAt));
  if (first === undefined) return shown;
  const { backup_plan: plan = null, ...rest } = shown;
  if (first.type === 'enable_backups') return { ...rest, ...withoutBackups(shown) };
  return { ...rest, ...switchedOn(shown, plan) };
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

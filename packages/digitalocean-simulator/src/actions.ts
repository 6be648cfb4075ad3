import type { Kind, ProviderObject, States, Store } from './store.ts';
import { derivedInteger } from './world-fields.ts';

/** The effect of an action on the store when it completes. Plain JSON, so that it can be stored. */
export type Effect =
  | { readonly does: 'change'; readonly kind: Kind; readonly id: string; readonly set: object }
  | { readonly does: 'snapshot'; readonly id: string; readonly droplet: string; readonly name: string };

/** One entry of the provider's action log. */
export interface Action {
  readonly id: number;
  readonly type: string;
  readonly startedAt: number;
  completedAt: number | null;
  /** Null for a volume, as at the provider. */
  readonly resourceId: string | null;
  readonly resourceType: string;
  readonly region: string | null;
  readonly effects: readonly Effect[];
  /** How often it was read while it was in progress. */
  looks: number;
  /** The object that is busy until the action completes. */
  readonly occupies: string | null;
}

export interface ActionLog {
  /** The actions begun by now, newest first. */
  list(now: number): Action[];
  find(id: number, now: number): Action | undefined;
  begin(
    action: Pick<Action, 'type' | 'resourceId' | 'resourceType' | 'region' | 'effects' | 'occupies'>,
    now: number,
  ): Action;
  isOccupied(object: string, now: number): boolean;
  /** Counts one read of the actions of an object, or of one action, and completes those that are due. */
  look(which: { object?: string; action?: number }, now: number): void;
  /** Completes the actions for which enough time has passed. */
  settle(now: number): void;
  written(): Action[];
  restore(actions: readonly Action[]): void;
}

/** Keeps the action log: the actions that the world's timeline implies, and those requested since. */
export function createActionLog(
  store: Store,
  behaviour: { action_polls: number; action_seconds: number },
  nextInteger: () => number,
): ActionLog {
  const past = store.all('droplet').flatMap(impliedActions);
  const written: Action[] = [];
  const pending = new Set<Action>();

  const complete = (action: Action, at: number): void => {
    action.completedAt = at;
    pending.delete(action);
    for (const effect of action.effects) apply(store, effect, at);
  };
  const inOrder = (now: number): Action[] =>
    [...past, ...written]
      .filter((action) => action.startedAt <= now)
      .sort((a, b) => b.startedAt - a.startedAt || b.id - a.id);

  /** A request that takes effect late begins its action in the future. */
  const begunBy = (now: number): Action[] => [...pending].filter(({ startedAt }) => startedAt <= now);

  return {
    list: inOrder,
    find: (id, now) => [...written, ...past].find((action) => action.id === id && action.startedAt <= now),
    begin: (wanted, now) => {
      const action: Action = { ...wanted, id: nextInteger(), startedAt: now, completedAt: null, looks: 0 };
      written.push(action);
      pending.add(action);
      if (behaviour.action_polls === 0) complete(action, now);
      return action;
    },
    isOccupied: (object, now) => begunBy(now).some((action) => action.occupies === object),
    look: (which, now) => {
      for (const action of begunBy(now)) {
        if (action.occupies !== which.object && action.id !== which.action) continue;
        if (action.looks >= behaviour.action_polls) complete(action, now);
        else action.looks += 1;
      }
    },
    settle: (now) => {
      for (const action of [...pending]) {
        const due = action.startedAt + behaviour.action_seconds * 1000;
        if (due <= now) complete(action, due);
      }
    },
    written: () => written,
    restore: (actions) => {
      for (const action of structuredClone(actions) as Action[]) {
        written.push(action);
        if (action.completedAt === null) pending.add(action);
      }
    },
  };
}

function apply(store: Store, effect: Effect, at: number): void {
  if (effect.does === 'change') {
    store.change(effect.kind, effect.id, at, effect.set as Partial<States[Kind]>);
    return;
  }
  const droplet = store.find('droplet', effect.droplet, at);
  if (droplet === undefined) return;
  store.create('snapshot', effect.id, at, {
    name: effect.name,
    source: 'droplet',
    sourceId: effect.droplet,
    size: droplet.state.usedGigabytes,
    minDiskSize: droplet.state.disk,
    regions: [droplet.state.region],
    tags: [],
  });
}

/** The actions that a droplet's timeline implies. */
function impliedActions(droplet: ProviderObject<'droplet'>): Action[] {
  const action = (type: string, at: number): Action => ({
    id: derivedInteger(1_000_000_000, ['action', droplet.id, type, String(at)], 2 ** 48),
    type,
    startedAt: at,
    completedAt: at,
    resourceId: droplet.id,
    resourceType: 'droplet',
    region: droplet.birth.region,
    effects: [],
    looks: 0,
    occupies: null,
  });
  const actions = [action('create', droplet.createdAt)];
  for (const { at, set } of droplet.changes) {
    if (set.status === 'active') actions.push(action('power_on', at));
    if (set.status === 'off') actions.push(action('power_off', at));
    if (set.size !== undefined) actions.push(action('resize', at));
    if (set.name !== undefined) actions.push(action('rename', at));
    if (set.backups !== undefined)
      actions.push(action(set.backups === null ? 'disable_backups' : 'enable_backups', at));
  }
  if (droplet.destroyedAt !== null) actions.push(action('destroy', droplet.destroyedAt));
  return actions;
}

import type { Tx } from '@arcadia/platform';
import { type Action, changesFromActions } from './domain/power.ts';
import { earlier } from './domain/resource.ts';
import { type Change, withChanges } from './domain/timeline.ts';
import { publishKnown } from './publish-changes.ts';
import { markApplied, openActions } from './store/provider-actions.ts';
import { lockResources } from './store/resource-histories.ts';
import type { Database } from './store/schema.ts';

/**
 * Ends resources that are gone: at the time the provider's log gives for their destruction, else when they were first
 * missed. Whatever was said about later times is said again, as gone.
 */
export async function deleteMissing(
  tx: Tx<Database>,
  { ids, now, actor }: { ids: readonly string[]; now: Temporal.Instant; actor?: string },
): Promise<number> {
  const resources = (await lockResources(tx.sql, ids)).filter(({ isPresent }) => isPresent);
  const droplets = resources.filter(({ kind }) => kind === 'droplet');
  const actions = await openActions(
    tx.sql,
    droplets.map(({ providerId }) => providerId),
  );
  const changes = resources.map((resource) => {
    const own = resource.kind === 'droplet' ? (actions.get(resource.providerId) ?? []) : [];
    const end = endOf(resource.firstMissedAt ?? now, own);
    const last = resource.history.at(-1)?.state;
    const before = last === undefined ? [] : changesFromActions(own, last, end.at);
    const after = withChanges(resource.history, [...before, end], resource.claims);
    return { resource, after, observedAt: now, ...(actor === undefined ? {} : { actor }) };
  });
  await publishKnown(tx, changes);
  await markApplied(
    tx.sql,
    [...actions.values()].flat().map(({ actionId }) => actionId),
  );
  return changes.length;
}

const endOf = (firstMissedAt: Temporal.Instant, actions: readonly Action[]): Change => {
  const destroyed = actions.findLast(({ type }) => type === 'destroy');
  const at = destroyed === undefined ? firstMissedAt : earlier(destroyed.completedAt, firstMissedAt);
  return { at, state: { is_present: false } };
};

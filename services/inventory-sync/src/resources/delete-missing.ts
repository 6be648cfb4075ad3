import type { Tx } from '@arcadia/platform';
import { type Action, changesFromActions } from '../domain/resources/droplet-actions.ts';
import { earlier } from '../domain/resources/resource.ts';
import { type Change, withChanges } from '../domain/resources/timeline.ts';
import { markApplied, openActions } from '../store/resources/provider-actions.ts';
import { lockResources } from '../store/resources/resource-histories.ts';
import type { Tables } from '../store/schema.ts';
import { publishKnown } from './publish-changes.ts';

/**
 * Deletes missing resources: at the time that the provider's action log gives for their destruction, otherwise when they were first
 * missing. States that were published for later times are published again as deleted. Returns how many were deleted.
 */
export async function deleteMissing(
  tx: Tx<Tables>,
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

import { dayOf, usageKinds } from '@arcadia/contracts';
import type { Context } from '../context.ts';
import { addMissingKinds } from '../store/kinds/add-missing-kinds.ts';
import { lockConfig } from '../store/kinds/config-in-force.ts';
import { recordDimensions } from '../store/kinds/record-dimensions.ts';
import { holdIntake } from '../store/locks.ts';
import { hasConsumed } from '../store/observations/sweeps.ts';

/**
 * Adds the billing kinds that the registry of resource kinds has and this database lacks, and the dimensions that the facts of a
 * kind are to contain, since the kinds of a version are in no migration. Where usage was metered before, a new kind counts from
 * today, the days before being unknown and not zero, and a new dimension is recorded from tomorrow: the facts of days before keep
 * their hashes. The resources of a new kind that an earlier version passed over are consumed again.
 */
export async function addKnownKinds(ctx: Context): Promise<void> {
  const now = ctx.clock.now();
  const known = Object.entries(usageKinds).map(([kind, { unit, per, resource, dimension }]) => {
    return { kind, unit, per, resource, dimension };
  });
  const { added, changed } = await ctx.transact(async (tx) => {
    await lockConfig(tx.sql);
    // No day becomes metered meanwhile.
    await holdIntake(tx.sql);
    const added = await addMissingKinds(tx.sql, { known, today: dayOf(now), now: now.toString() });
    const resourceKinds = new Set(
      known.flatMap(({ kind, resource }) => (added.includes(kind) ? (resource ?? []) : [])),
    );
    if (resourceKinds.size > 0 && (await hasConsumed(tx.sql)))
      await tx.enqueue('consume-new-kinds', { resource_kinds: [...resourceKinds] }, { cause: now.toString() });
    return {
      added,
      changed: await recordDimensions(tx.sql, { known, today: dayOf(now), now: now.toString() }),
    };
  });
  if (added.length > 0) ctx.log.info({ kinds: added }, `metering now knows ${added.join(', ')}`);
  for (const { kind, dimension, from } of changed)
    ctx.log.info(
      { kind, dimension, from },
      `the facts of ${kind} contain its ${dimension ?? 'dimension no longer'} from ${from} on`,
    );
}

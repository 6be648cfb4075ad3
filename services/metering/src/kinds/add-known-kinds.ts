import { dayOf, usageKinds } from '@arcadia/contracts';
import type { Context } from '../context.ts';
import { addMissingKinds } from '../store/kinds/add-missing-kinds.ts';

/**
 * Adds the billing kinds that the registry of resource kinds has and this database lacks, since a kind that is new in a version
 * is in no migration. Where usage was metered before, a new kind counts from today: the days before are unknown, not zero.
 */
export async function addKnownKinds(ctx: Context): Promise<void> {
  const now = ctx.clock.now();
  const known = Object.entries(usageKinds).map(([kind, { unit, per, resource }]) => ({ kind, unit, per, resource }));
  const added = await addMissingKinds(ctx.db, { known, today: dayOf(now), now: now.toString() });
  if (added.length > 0) ctx.log.info({ kinds: added }, `metering now knows ${added.join(', ')}`);
}

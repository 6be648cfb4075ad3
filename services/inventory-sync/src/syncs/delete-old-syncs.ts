import type { Context } from '../context.ts';
import { recognisedFor } from '../resources/observe-pages.ts';
import { deletePagesBefore } from '../store/resources/listed-pages.ts';
import { deleteSyncsBefore } from '../store/syncs/delete-syncs-before.ts';

/** How long the records of sweeps and of the provider's actions are kept. */
const retention = { hours: 90 * 24 };

export async function deleteOldSyncs(ctx: Context): Promise<void> {
  await deleteSyncsBefore(ctx.db, ctx.clock.now().subtract(retention));
  await deletePagesBefore(ctx.db, ctx.clock.now().subtract(recognisedFor));
}

import type { Context } from '../context.ts';
import { assumeSeen } from '../store/resources/assume-seen.ts';

/**
 * Ends a restore of the inventory. That a resource was listed unchanged is not captured, so the restored row would look older than it is,
 * and the confirmation of a parked sweep would delete it.
 */
export const restoreSightings = (ctx: Context): Promise<void> => assumeSeen(ctx.db);

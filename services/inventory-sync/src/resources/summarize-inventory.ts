import type { inventorySync } from '@arcadia/contracts';
import type { ReadRequest } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { countResources } from '../store/resources/count-resources.ts';
import { parkedSweeps } from '../store/syncs/last-sweeps.ts';

const counted = ['resources', 'of_deployments', 'unattributed', 'unowned'] as const;

export async function summarizeInventory(_: ReadRequest<typeof inventorySync.summarizeInventory>, ctx: Context) {
  const [kinds, parked] = await Promise.all([countResources(ctx.db), parkedSweeps(ctx.db)]);
  const sum = (field: (typeof counted)[number]): number => kinds.reduce((total, kind) => total + kind[field], 0);
  return {
    resources: sum('resources'),
    of_deployments: sum('of_deployments'),
    unattributed: sum('unattributed'),
    unowned: sum('unowned'),
    kinds,
    parked_listings: parked.length,
  };
}

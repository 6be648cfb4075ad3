import type { Action } from './actions.ts';
import { type Simulated, showRegion } from './simulated.ts';
import { providerTime } from './world-fields.ts';

/** An action as the provider shows it. It never contains an error text. */
export function showAction(simulated: Simulated, action: Action): object {
  const numeric = action.resourceId !== null && /^\d+$/.test(action.resourceId);
  return {
    id: action.id,
    status: action.completedAt === null ? 'in-progress' : 'completed',
    type: action.type,
    started_at: providerTime(action.startedAt),
    completed_at: action.completedAt === null ? null : providerTime(action.completedAt),
    resource_id: numeric ? Number(action.resourceId) : null,
    resource_type: action.resourceType,
    ...(action.region === null
      ? { region: null, region_slug: null }
      : { region: showRegion(simulated, action.region), region_slug: action.region }),
  };
}

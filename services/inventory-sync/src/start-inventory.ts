import type { Context } from './context.ts';
import { reportLastSweeps } from './syncs/report-health.ts';
import { publishFoundTenants } from './tenants/publish-found-tenants.ts';

/** Publishes tenants from before tenants were created explicitly, then reports the last sweeps; returns how to stop the reports. */
export async function startInventory(ctx: Context): Promise<() => Promise<void>> {
  await publishFoundTenants(ctx);
  return reportLastSweeps(ctx);
}

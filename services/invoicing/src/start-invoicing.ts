import { seedCatalog } from './catalog/seed-catalog.ts';
import type { Context } from './context.ts';
import { publishOlderTenants } from './tenants/publish-tenants.ts';

/** Inserts the first catalog, and publishes tenants from before tenants were created explicitly. */
export async function startInvoicing(ctx: Context): Promise<void> {
  await seedCatalog(ctx);
  await publishOlderTenants(ctx);
}

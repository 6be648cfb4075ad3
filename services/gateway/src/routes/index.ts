import type { Route } from '../route.ts';
import { inventoryRoutes } from './inventory.ts';
import { meteringRoutes } from './metering.ts';
import { periodRoutes } from './periods.ts';
import { projectRoutes } from './projects.ts';
import { usageRoutes } from './usage.ts';

/**
 * Every route there is, by noun. Files come before the rows that they would be taken for: `/invoices/{invoice_id}.pdf`
 * before `/invoices/{invoice_id}`.
 */
export const routes: readonly Route[] = [
  ...inventoryRoutes,
  ...projectRoutes,
  ...meteringRoutes,
  ...periodRoutes,
  ...usageRoutes,
];

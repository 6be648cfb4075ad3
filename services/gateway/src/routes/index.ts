import type { Route } from '../route.ts';
import { apiKeyRoutes } from './api-keys.ts';
import { approvalRoutes } from './approvals.ts';
import { auditRoutes } from './audit.ts';
import { billingRoutes } from './billing.ts';
import { catalogRoutes, termRoutes } from './catalog.ts';
import { deploymentRoutes } from './deployments.ts';
import { driftRoutes } from './drift.ts';
import { inventoryRoutes } from './inventory.ts';
import { invoiceRoutes } from './invoices.ts';
import { mailRoutes } from './mails.ts';
import { marginRoutes } from './margin.ts';
import { meRoutes } from './me.ts';
import { meteringRoutes } from './metering.ts';
import { overviewRoutes } from './overview.ts';
import { periodRoutes } from './periods.ts';
import { projectRoutes } from './projects.ts';
import { quoteRoutes } from './quotes.ts';
import { reconciliationRoutes } from './reconciliation.ts';
import { sagaRoutes } from './sagas.ts';
import { scheduledExportRoutes } from './scheduled-exports.ts';
import { subscriptionRoutes } from './subscriptions.ts';
import { systemRoutes } from './system.ts';
import { usageRoutes } from './usage.ts';
import { webhookRoutes } from './webhooks.ts';

/**
 * All routes, by noun. A file comes before the route that would match it too: `/invoices/{invoice_id}.pdf` before
 * `/invoices/{invoice_id}`.
 */
export const routes: readonly Route[] = [
  ...meRoutes,
  ...apiKeyRoutes,
  ...approvalRoutes,
  ...auditRoutes,
  ...sagaRoutes,
  ...driftRoutes,
  ...deploymentRoutes,
  ...inventoryRoutes,
  ...projectRoutes,
  ...meteringRoutes,
  ...periodRoutes,
  ...usageRoutes,
  ...systemRoutes,
  ...overviewRoutes,
  ...billingRoutes,
  ...reconciliationRoutes,
  ...catalogRoutes,
  ...termRoutes,
  ...quoteRoutes,
  ...subscriptionRoutes,
  ...invoiceRoutes,
  ...marginRoutes,
  ...webhookRoutes,
  ...mailRoutes,
  ...scheduledExportRoutes,
];

import type { HttpApp } from './context.ts';
import { registerAlerts } from './pages/alerts.ts';
import { registerAllocationRules } from './pages/allocation-rules.ts';
import { registerApiKeys } from './pages/api-keys.ts';
import { registerApprovals } from './pages/approvals.ts';
import { registerAudit } from './pages/audit.ts';
import { registerBill } from './pages/bill.ts';
import { registerBills } from './pages/bills.ts';
import { registerCatalog } from './pages/catalog.ts';
import { registerChecks } from './pages/checks.ts';
import { registerCreditNote } from './pages/credit-note.ts';
import { registerDeployment } from './pages/deployment.ts';
import { registerDeployments } from './pages/deployments.ts';
import { registerDrift } from './pages/drift.ts';
import { registerDriftInbox } from './pages/drift-inbox.ts';
import { registerEvidence } from './pages/evidence.ts';
import { registerExports } from './pages/exports.ts';
import { registerFind } from './pages/find.ts';
import { registerFirstPage } from './pages/first-page.ts';
import { registerInventory } from './pages/inventory.ts';
import { registerInvoice } from './pages/invoice.ts';
import { registerInvoices } from './pages/invoices.ts';
import { registerListFiles } from './pages/list-files.ts';
import { registerMails } from './pages/mails.ts';
import { registerMargin } from './pages/margin.ts';
import { registerPeriods } from './pages/periods.ts';
import { registerPlans } from './pages/plans.ts';
import { registerReconciliation } from './pages/reconciliation.ts';
import { registerResource } from './pages/resource.ts';
import { registerSagas } from './pages/sagas.ts';
import { registerStartSaga } from './pages/start-saga.ts';
import { registerSystem } from './pages/system.ts';
import { registerTenants } from './pages/tenants.ts';
import { registerUsage } from './pages/usage.ts';
import { registerWebhooks } from './pages/webhooks.ts';

/** Every page, with the addresses that it answers. Fixed words come before parameters, which would match them too. */
export const pages: readonly ((app: HttpApp) => void)[] = [
  registerFirstPage,
  registerListFiles,
  registerTenants,
  registerInvoices,
  registerEvidence,
  registerInvoice,
  registerCreditNote,
  registerMargin,
  registerInventory,
  registerResource,
  registerDeployments,
  registerDeployment,
  registerDriftInbox,
  registerDrift,
  registerStartSaga,
  registerSagas,
  registerAlerts,
  registerApiKeys,
  registerApprovals,
  registerAudit,
  registerAllocationRules,
  registerBills,
  registerBill,
  registerChecks,
  registerExports,
  registerFind,
  registerPeriods,
  registerCatalog,
  registerMails,
  registerPlans,
  registerReconciliation,
  registerSystem,
  registerUsage,
  registerWebhooks,
];

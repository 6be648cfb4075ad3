import {
  billingIngest,
  drift,
  gateway,
  hasRole,
  inventorySync,
  invoicing,
  metering,
  notifications,
  provisioning,
  type RequestContract,
} from '@arcadia/contracts';
import type { Person } from '../session.ts';

/** An entry of the navigation: its words, its address, and the read that its page consists of. */
type Entry = readonly [words: string, href: string, reads: Pick<RequestContract, 'roles'>];
type Group = { name: string | null; entries: readonly Entry[] };

const operatorGroups: readonly Group[] = [
  { name: null, entries: [['Today', '/', gateway.getOverview]] },
  {
    name: 'Money',
    entries: [
      ['Tenants', '/tenants', invoicing.listTenants],
      ['Invoices', '/invoices', invoicing.listInvoices],
      ['Margin', '/margin', invoicing.getMargin],
      ['Periods', '/periods', metering.listPeriods],
      ['Provider bill', '/bill', billingIngest.listProviderInvoices],
      ['Reconciliation', '/reconciliation', billingIngest.getReconciliation],
    ],
  },
  {
    name: 'Fleet',
    entries: [
      ['Deployments', '/deployments', provisioning.listDeployments],
      ['Inventory', '/inventory', inventorySync.listResources],
      ['Drift', '/drift', drift.listDrift],
      ['Sagas', '/sagas', provisioning.listSagas],
      ['Usage', '/usage', metering.listUsage],
    ],
  },
  {
    name: 'Setup',
    entries: [
      ['Catalog', '/catalog', invoicing.listPlans],
      ['Alerts', '/alerts', invoicing.listAlerts],
      ['System', '/system', gateway.getSystem],
    ],
  },
  {
    name: 'Control',
    entries: [
      ['Approvals', '/approvals', gateway.listApprovals],
      ['Audit log', '/audit', gateway.listAudit],
      ['API keys', '/api-keys', gateway.listApiKeys],
      ['Webhooks', '/webhooks', notifications.listWebhookEndpoints],
      ['Exports', '/exports', notifications.listScheduledExports],
      ['Mails', '/mails', notifications.listMails],
    ],
  },
];

const tenantGroups: readonly Group[] = [
  {
    name: null,
    entries: [
      ['My month', '/', invoicing.previewInvoice],
      ['Deployments', '/deployments', provisioning.listDeployments],
      ['Usage', '/usage', metering.listUsage],
      ['Invoices', '/invoices', invoicing.listInvoices],
      ['Plans', '/plans', invoicing.listPlans],
      ['Alerts', '/alerts', invoicing.listAlerts],
      ['Audit log', '/audit', gateway.listAudit],
      ['API keys', '/api-keys', gateway.listApiKeys],
      ['Webhooks', '/webhooks', notifications.listWebhookEndpoints],
      ['Exports', '/exports', notifications.listScheduledExports],
      ['Mails', '/mails', notifications.listMails],
    ],
  },
];

const groupsOf = ({ tenantId }: Pick<Person, 'tenantId'>): readonly Group[] =>
  tenantId === null ? operatorGroups : tenantGroups;

/** The navigation of a person: the pages whose data the person's roles include. */
export const navigationFor = ({ subject, tenantId, roles }: Person): readonly Group[] =>
  groupsOf({ tenantId })
    .map(({ name, entries }) => ({
      name,
      entries: entries.filter(([, , reads]) => hasRole({ subject, tenant_id: tenantId, roles }, reads.roles)),
    }))
    .filter(({ entries }) => entries.length > 0);

/** The address of every page of the navigation of a person. */
export const navigationOf = (person: Person): readonly string[] =>
  navigationFor(person).flatMap(({ entries }) => entries.map(([, href]) => href));

/** The read that the page at an entry's address consists of, a tenant's entry before the operator's; null for an address that is no entry. */
export const readOfEntry = (person: Person, href: string): Pick<RequestContract, 'roles'> | null =>
  [...groupsOf(person), ...operatorGroups]
    .flatMap(({ entries }) => entries)
    .find(([, address]) => address === href)?.[2] ?? null;

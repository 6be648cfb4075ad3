import {
  billingIngest,
  drift,
  gateway,
  inventorySync,
  invoicing,
  metering,
  notifications,
  provisioning,
  type RequestContract,
} from '@arcadia/contracts';

/** The query of a page, as text. */
type Query = Readonly<Record<string, string | undefined>>;

/** A list that a page shows and a file holds: its request, and the input that the filters in the address make. */
export type List = { contract: RequestContract; input: (query: Query) => Record<string, string | undefined> };

const trimmed = (text: string | undefined): string | undefined => text?.trim();

/** The instant at which a UTC day of the address begins, or one some days later; another text stays as it is, so that it is refused. */
const startOf = (day: string | undefined, later = 0): string | undefined => {
  const text = trimmed(day);
  if (text === undefined || !/^\d{4}-(0[1-9]|1[0-2])-\d{2}$/.test(text)) return text;
  try {
    return `${Temporal.PlainDate.from(text).add({ days: later }).toString()}T00:00:00Z`;
  } catch {
    return text;
  }
};

/** Every list that can be taken along as a file, by the address of its page. */
export const lists = {
  '/tenants': {
    contract: invoicing.listTenants,
    input: ({ q, state, sort }) => ({ q: trimmed(q), sort, ...(state === 'overdue' ? { is_overdue: 'true' } : {}) }),
  },
  '/invoices': {
    contract: invoicing.listInvoices,
    input: ({ q, tenant, period, status, sort }) => ({
      sort,
      q: trimmed(q),
      tenant_id: trimmed(tenant),
      period,
      ...(status === 'overdue' ? { is_overdue: 'true' } : { status }),
    }),
  },
  '/deployments': {
    contract: provisioning.listDeployments,
    input: ({ q, tenant, state, sort }) => ({ q: trimmed(q), tenant_id: trimmed(tenant), status: state, sort }),
  },
  '/inventory': {
    contract: inventorySync.listResources,
    input: ({ q, kind, tenant, deployment, status, deleted, sort }) => ({
      sort,
      q: trimmed(q),
      kind,
      tenant_id: trimmed(tenant),
      deployment_id: deployment,
      status,
      ...(deleted === 'true' ? { include_deleted: 'true' } : {}),
    }),
  },
  '/inventory/unattributed': { contract: inventorySync.listUnattributed, input: ({ kind }) => ({ kind }) },
  '/drift': {
    contract: drift.listDrift,
    input: ({ q, status, kind, deployment, sort }) => ({
      q: trimmed(q),
      status,
      kind,
      deployment_id: deployment,
      sort,
    }),
  },
  '/sagas': {
    contract: provisioning.listSagas,
    input: ({ status, deployment, sort }) => ({ status, deployment_id: deployment, sort }),
  },
  '/periods': { contract: metering.listPeriods, input: ({ sort }) => ({ sort }) },
  '/bill': { contract: billingIngest.listProviderInvoices, input: ({ period, sort }) => ({ period, sort }) },
  '/audit': {
    contract: gateway.listAudit,
    input: ({ tenant, subject, request, object, outcome, from, to }) => ({
      tenant_id: trimmed(tenant),
      subject: trimmed(subject),
      request,
      object_id: trimmed(object),
      outcome,
      from: startOf(from),
      to: startOf(to, 1),
    }),
  },
  '/approvals': { contract: gateway.listApprovals, input: ({ status }) => ({ status }) },
  '/api-keys': { contract: gateway.listApiKeys, input: () => ({}) },
  '/webhooks': {
    contract: notifications.listWebhookEndpoints,
    input: ({ tenant }) => ({ tenant_id: trimmed(tenant) }),
  },
  '/exports': {
    contract: notifications.listScheduledExports,
    input: ({ tenant }) => ({ tenant_id: trimmed(tenant) }),
  },
  '/mails': {
    contract: notifications.listMails,
    input: ({ recipient, tenant, status }) => ({ recipient: trimmed(recipient), tenant_id: trimmed(tenant), status }),
  },
  '/mails/suppressions': {
    contract: notifications.listMailSuppressions,
    input: ({ recipient }) => ({ recipient: trimmed(recipient) }),
  },
  '/system/jobs': {
    contract: gateway.listJobs,
    input: ({ state, service, job }) => ({ status: state, service, job: trimmed(job) }),
  },
  '/alerts': { contract: invoicing.listAlerts, input: ({ deployment, sort }) => ({ deployment_id: deployment, sort }) },
} as const satisfies Record<string, List>;

export type ListPath = keyof typeof lists;

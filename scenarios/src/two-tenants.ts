import { drift, gateway, inventorySync, invoicing, notifications, provisioning } from '@arcadia/contracts';
import type { Ids } from './access-matrix.ts';
import { makeWorld } from './make-world.ts';
import type { WholeStack } from './whole-stack.ts';

const month = '2026-04';
const since = '2026-03-10T00:00:00Z';

/** One tenant's part of a world, with names that occur only for this tenant. */
const side = (tenant: string, { droplet, ip }: { droplet: number; ip: string }) => ({
  projects: [{ name: `${tenant}-project`, created_at: since }],
  droplets: [
    { id: droplet, name: `${tenant}-web`, project: `${tenant}-project`, size: 's-1vcpu-1gb', created_at: since },
  ],
  volumes: [{ name: `${tenant}-data`, project: `${tenant}-project`, size_gigabytes: 30, created_at: since }],
  snapshots: [{ name: `${tenant}-snap`, droplet: `${tenant}-web`, size_gigabytes: '70', created_at: since }],
  domains: [{ name: `${tenant}.example`, project: `${tenant}-project`, created_at: since }],
  reserved_ips: [{ ip, project: `${tenant}-project`, created_at: since }],
});

const tenants = ['acme', 'globex'] as const;
const sides = [
  side('acme', { droplet: 412900001, ip: '203.0.113.21' }),
  side('globex', { droplet: 412900002, ip: '203.0.113.22' }),
];

/** A month in which each of two tenants has drift, an addon, overage and an invoice. */
export const twoTenants = makeWorld('two-tenants', {
  period: month,
  provider: {
    projects: [{ name: 'internal' }, ...sides.flatMap(({ projects }) => projects)],
    droplets: sides.flatMap(({ droplets }) => droplets),
    volumes: sides.flatMap(({ volumes }) => volumes),
    snapshots: sides.flatMap(({ snapshots }) => snapshots),
    domains: sides.flatMap(({ domains }) => domains),
    reserved_ips: sides.flatMap(({ reserved_ips }) => reserved_ips),
    invoices: [
      {
        period: '2026-03',
        items: tenants.map((tenant) => ({
          product: 'Droplets',
          description: `${tenant}-web (s-1vcpu-1gb)`,
          amount: '6.00',
        })),
      },
    ],
  },
  platform: {
    internal_project: 'internal',
    tenants: tenants.map((id) => ({ id, name: `${id} proprietary`, email_recipients: [`billing@${id}.example`] })),
    deployments: tenants.map((tenant) => ({ tenant, slug: `${tenant}-app`, project: `${tenant}-project` })),
    projects: tenants.map((tenant) => ({ project: `${tenant}-project`, tenant, purpose: 'tenant' })),
    subscriptions: tenants.map((tenant) => ({
      deployment: `${tenant}-app`,
      plan: 'studio',
      addons: [{ code: 'storage_50gb' }],
    })),
    desired: tenants.map((tenant) => ({ resource: `${tenant}-web`, spec: { size_slug: 's-2vcpu-2gb' } })),
    sagas: [{ kind: 'echo', inputs: {} }],
  },
});

/** The ids of one tenant's objects, read through the gateway as the tenant or, where it has no access, as the operator. */
export const idsOf = async (stack: WholeStack, tenant: string): Promise<Ids> => {
  const [own, operator] = [await stack.as(tenant), stack.player.api];
  const deployment = stack.world.platform.deployments.find((each) => each.tenant === tenant)?.id ?? '';
  const [resources, projects, invoices, subscriptions, drifts, sagas] = await Promise.all([
    own.list(inventorySync.listResources, { kind: 'droplet' }),
    own.list(inventorySync.listProjects, {}),
    own.list(invoicing.listInvoices, {}),
    own.list(invoicing.listSubscriptions, {}),
    operator.list(drift.listDrift, { deployment_id: deployment }),
    operator.list(provisioning.listSagas, {}),
  ]);
  const invoice = invoices[0]?.invoice_id ?? '';
  const { lines } = await own.request(invoicing.getInvoice, { invoice_id: invoice });
  const quote = await own.request(invoicing.createQuote, { plan_code: 'pro' });
  const alert = await own.request(invoicing.createAlert, { deployment_id: deployment, basis: 'money', value: '500' });
  const key = await own.request(gateway.createApiKey, { name: `${tenant}-key`, role: 'tenant_viewer' });
  const endpoint = await own.request(notifications.createWebhookEndpoint, {
    url: 'http://127.0.0.1:9/',
    event_types: ['invoice.paid'],
  });
  const delivery = await own.request(notifications.testWebhookEndpoint, { endpoint_id: endpoint.endpoint_id });
  const scheduled = await own.request(notifications.createScheduledExport, {
    ...{ endpoint_url: 'http://127.0.0.1:9/', bucket: 'finops', access_key: 'access', secret_access_key: 'access' },
    is_after_close: false,
  });
  const { export_id } = scheduled;
  const run = await own.request(notifications.runScheduledExport, { export_id, period: '2026-04' });
  const [mail] = await own.list(notifications.listMails, {});
  const overage = lines.find(({ resource_kind, kind }) => kind === 'overage' && resource_kind !== null);
  const credit = await operator.request(invoicing.creditInvoice, {
    invoice_id: invoice,
    reason: 'outage',
    lines: [{ line_id: overage?.line_id ?? '', amount_cents: 1 }],
  });
  const { discounts } = await operator.request(invoicing.addDiscount, {
    tenant_id: tenant,
    name: 'Later',
    on: 'invoice',
    percent: '1',
    first_period: '2030-01',
  });
  const prepaid = await operator.request(invoicing.createPrepaidCredit, {
    tenant_id: tenant,
    origin: 'granted',
    name: 'Later',
    amount_cents: 1,
    from: '2030-01-01',
  });
  const ids = {
    tenant,
    deployment,
    resource: resources[0]?.resource_id,
    project: projects[0]?.project_id,
    invoice,
    line: overage?.line_id,
    credit: credit.credit_note_id,
    subscription: subscriptions[0]?.subscription_id,
    addon: subscriptions[0]?.addons[0]?.addon_id,
    quote: quote.quote_id ?? undefined,
    alert: alert.alert_id,
    term: discounts[0]?.discount_id,
    prepaid: prepaid.items[0]?.credit_id,
    drift: drifts[0]?.drift_id,
    saga: sagas[0]?.saga_id,
    'api-key': key.key_id,
    'webhook-endpoint': endpoint.endpoint_id,
    'webhook-delivery': delivery.delivery_id,
    mail: mail?.mail_id,
    'scheduled-export': export_id,
    'export-run': run.run_id,
  };
  const absent = Object.entries(ids).filter(([, id]) => id === undefined || id === '');
  if (absent.length > 0) throw new Error(`${tenant} has no ${absent.map(([kind]) => kind).join(', ')}`);
  return ids as Ids;
};

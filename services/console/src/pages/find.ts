import { inventorySync, invoicing, monthName, provisioning, uuid } from '@arcadia/contracts';
import type { Api } from '@arcadia/gateway-client';
import type { HttpApp } from '../context.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { invoiceLink, resourceLink } from '../html/links.ts';
import { part, valueOf } from '../html/part.ts';
import { section } from '../html/table.ts';
import { type Deployment, deploymentWith } from '../names-of.ts';

/** Finds an invoice by its number, a tenant, a deployment or a resource; the only match is opened at once. */
export const registerFind = (app: HttpApp): void => {
  app.get('/find', async (c) => {
    const api = c.get('api');
    const q = (c.req.query('q') ?? '').trim().slice(0, 100);
    if (q === '') return c.redirect('/', 303);
    const isOperator = c.get('session').person.tenantId === null;
    const [invoices, tenants, deployments, resources] = await Promise.all([
      part(invoicesNumbered(api, q)),
      isOperator ? part(api.request(invoicing.listTenants, { q, limit: 10 })) : null,
      part(deploymentsNamed(api, q)),
      part(api.request(inventorySync.listResources, { q, limit: 10, include_deleted: 'true' })),
    ]);
    const hits: { href: string; shown: Html }[] = [
      ...(valueOf(invoices) ?? []).map((row) => ({
        href: `/invoices/${row.invoice_id}`,
        shown: html`Invoice ${invoiceLink(row.invoice_id, row.number)}, ${monthName(row.period)}`,
      })),
      ...((tenants === null ? null : valueOf(tenants))?.items ?? []).map((row) => ({
        href: `/tenants/${row.tenant_id}`,
        shown: html`Tenant <a href="/tenants/${row.tenant_id}">${row.name}</a> <span class="quiet">${row.tenant_id}</span>`,
      })),
      ...(valueOf(deployments) ?? []).map((row) => ({
        href: `/deployments/${row.deployment_id}`,
        shown: html`Deployment <a href="/deployments/${row.deployment_id}">${row.display_name}</a> <span class="quiet">${row.slug}</span>`,
      })),
      ...(valueOf(resources)?.items ?? []).map((row) => ({
        href: `/inventory/${row.resource_id}`,
        shown: html`Resource ${resourceLink(row.resource_id, row.name)}`,
      })),
    ];
    const [only] = hits;
    if (hits.length === 1 && only !== undefined) return c.redirect(only.href, 303);
    const isPartial = [invoices, tenants, deployments, resources].some((each) => each !== null && 'fault' in each);
    return show(c, {
      title: `Results for “${q}”`,
      current: '',
      body: html`${isPartial ? html`<p class="missing" role="status">A service does not answer at the moment, so results may be missing.</p>` : none}${section(
        'Found',
        hits.length === 0
          ? html`<p class="empty">Nothing is called that. Everything is found by a part of its number or name, a deployment also by its whole id.</p>`
          : html`<ul class="todo">${hits.map((hit) => html`<li><p>${hit.shown}</p></li>`)}</ul>`,
      )}`,
    });
  });
};

/** The invoices whose number contains the text. A name leads to its tenant or deployment, not to every invoice of it. */
const invoicesNumbered = async (api: Api, q: string) => {
  if (!/\d/.test(q)) return [];
  const { items } = await api.request(invoicing.listInvoices, { q, limit: 50 });
  return items.filter(({ number }) => number?.toLowerCase().includes(q.toLowerCase())).slice(0, 10);
};

/** The deployments whose name contains the text, or the one with this id. */
const deploymentsNamed = async (api: Api, q: string): Promise<Deployment[]> => {
  const id = q.toLowerCase();
  if (!uuid.safeParse(id).success) return (await api.request(provisioning.listDeployments, { q, limit: 10 })).items;
  const found = await deploymentWith(api, id);
  return found === null ? [] : [found];
};

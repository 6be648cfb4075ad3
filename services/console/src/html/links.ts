import { invoicing } from '@arcadia/contracts';
import type { Deployment } from '../names-of.ts';
import { maySend } from '../permission.ts';
import { type Html, html } from './html.ts';

/** A deployment by its name, with its id beside it. */
export const deploymentLink = (id: string | null, names: ReadonlyMap<string, Deployment>): Html => {
  if (id === null) return html`<span class="quiet">none</span>`;
  const known = names.get(id);
  return known === undefined
    ? html`<a href="/deployments/${id}" class="id">${id}</a>`
    : html`<a href="/deployments/${id}" title="${id}">${known.display_name}</a>`;
};

/** A tenant with the way to its page, which only the operator's people have. */
export const tenantLink = (tenantId: string | null): Html => {
  if (tenantId === null) return html`<span class="quiet">none</span>`;
  return maySend(invoicing.listTenants) ? html`<a href="/tenants/${tenantId}">${tenantId}</a>` : html`${tenantId}`;
};

export const invoiceLink = (id: string, number: string | null): Html =>
  html`<a href="/invoices/${id}">${number ?? 'Draft'}</a>`;

export const resourceLink = (id: string, name: string | null): Html =>
  html`<a href="/inventory/${id}">${name ?? id}</a>`;

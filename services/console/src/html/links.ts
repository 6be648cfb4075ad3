import type { Deployment } from '../names-of.ts';
import { type Html, html } from './html.ts';

/** A deployment by its name, with its id beside it. */
export const deploymentLink = (id: string | null, names: ReadonlyMap<string, Deployment>): Html => {
  if (id === null) return html`<span class="quiet">none</span>`;
  const known = names.get(id);
  return known === undefined
    ? html`<a href="/deployments/${id}" class="id">${id}</a>`
    : html`<a href="/deployments/${id}" title="${id}">${known.display_name}</a>`;
};

export const tenantLink = (tenantId: string | null): Html =>
  tenantId === null ? html`<span class="quiet">none</span>` : html`<a href="/tenants/${tenantId}">${tenantId}</a>`;

export const invoiceLink = (id: string, number: string | null): Html =>
  html`<a href="/invoices/${id}">${number ?? 'Draft'}</a>`;

export const resourceLink = (id: string, name: string | null): Html =>
  html`<a href="/inventory/${id}">${name ?? id}</a>`;

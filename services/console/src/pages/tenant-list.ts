import { invoicing, type RequestOutput } from '@arcadia/contracts';
import type { z } from 'zod';
import type { Values } from '../command.ts';
import type { HttpContext } from '../context.ts';
import { type Attempt, disclosedForm } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { emptyList, filters, pager } from '../html/list.ts';
import { section, table } from '../html/table.ts';
import { readList } from '../list-page.ts';
import { maySend } from '../permission.ts';
import { money } from '../words/money.ts';
import { listAside } from './list-files.ts';

type Account = RequestOutput<typeof invoicing.getTenant>;

/** The tenants by id, with what each owes, and the form that creates one. */
export const tenantsPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const query = c.req.query();
  const page = await readList(c, '/tenants');
  return show(c, {
    title: 'Tenants',
    current: '/tenants',
    attempt,
    body: html`${filters(
      '/tenants',
      [
        { name: 'q', label: 'Name or id', placeholder: 'acme' },
        { name: 'state', label: 'Account', choices: [['overdue', 'Overdue']] },
      ],
      query,
    )}
${section('By id', html`${accounts(page.items, query)}${pager('/tenants', query, page.next_cursor)}`, { aside: listAside('/tenants', query, page) })}
${newTenantForm(attempt)}`,
  });
};

const accounts = (items: readonly Account[], query: Readonly<Record<string, string>>): Html =>
  table({
    sorting: { path: '/tenants', query },
    caption: 'Tenants with what each owes',
    empty: emptyList(query, {
      filtered: 'No tenant matches these filters.',
      unfiltered: `There is no tenant yet.${maySend(invoicing.createTenant) ? ' Create the first one below.' : ''}`,
    }),
    rows: items,
    columns: [
      {
        head: 'Tenant',
        isName: true,
        sort: 'name',
        cell: ({ tenant_id, name }) =>
          html`<a href="/tenants/${tenant_id}">${name}</a>${name === tenant_id ? none : html`<small>${tenant_id}</small>`}`,
      },
      { head: 'Deployments', isFigure: true, cell: ({ deployments }) => String(deployments) },
      {
        head: 'Invoices',
        isFigure: true,
        cell: ({ invoices, tenant_id }) => html`<a href="/invoices?tenant=${tenant_id}">${invoices}</a>`,
      },
      {
        head: 'Outstanding',
        isFigure: true,
        sort: 'outstanding_cents',
        cell: (row) => money(row.outstanding_cents, row.currency),
      },
      {
        head: 'Overdue',
        isFigure: true,
        sort: 'overdue_cents',
        cell: (row) =>
          row.overdue_cents === 0 ? '' : html`<span class="loss">${money(row.overdue_cents, row.currency)}</span>`,
      },
      { head: 'Balance', isFigure: true, sort: 'balance_cents', cell: (row) => money(row.balance_cents, row.currency) },
    ],
  });

const newTenantForm = (attempt: Attempt | null): Html =>
  disclosedForm('Create a tenant', {
    name: 'tenant',
    sends: invoicing.createTenant,
    action: '/tenants',
    attempt,
    submit: 'Create',
    fields: [
      {
        name: 'tenant_id',
        label: 'Id',
        hint: "The tenant_id of its users' tokens. It never changes.",
        isRequired: true,
      },
      { name: 'name', label: 'Name on invoices', isRequired: true },
      { name: 'currency', label: 'Currency', hint: 'An ISO 4217 code such as AUD.', value: 'AUD', isRequired: true },
    ],
  });

export const newTenantIn = ({
  tenant_id = '',
  name = '',
  currency = '',
}: Values): z.input<typeof invoicing.createTenant.input> => ({
  tenant_id: tenant_id.trim(),
  name: name.trim(),
  currency: currency.trim().toUpperCase(),
});

import { invoicing, type RequestOutput } from '@arcadia/contracts';
import { badge } from '../html/badge.ts';
import { type Attempt, disclosedForm } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { invoiceLink, tenantLink } from '../html/links.ts';
import { table } from '../html/table.ts';
import { timeOr } from '../words/time.ts';

type Runs = RequestOutput<typeof invoicing.listInvoiceRuns>['items'];

/** The form that ends the waiting for a bill which never comes; none while no tenant waits for one. */
export const withoutBillForm = (of: string, items: Runs, attempt: Attempt | null): Html => {
  const waiting = items.filter(({ status, waits_for }) => status === 'waiting' && waits_for === 'bill');
  if (waiting.length === 0) return none;
  return disclosedForm(
    "Invoice without the provider's bill",
    {
      name: 'without-bill',
      sends: invoicing.runInvoices,
      action: `/periods/${of}/without-bill`,
      attempt,
      submit: 'Invoice without the bill',
      fields: [
        {
          name: 'tenant_id',
          label: 'Tenant',
          kind: 'choice',
          choices: waiting.map(({ tenant_id }) => [tenant_id, tenant_id]),
        },
        { name: 'reason', label: 'Reason', hint: 'The invoice shows it, also to the tenant.', isRequired: true },
      ],
    },
    html`<p>What the bill charges follows as an adjustment on the next invoice, if the bill still comes.</p>`,
  );
};

export const runTable = (items: Runs): Html =>
  table({
    caption: 'Invoice runs by tenant',
    empty: 'No invoice was made yet.',
    rows: items,
    columns: [
      { head: 'Tenant', isName: true, cell: ({ tenant_id }) => tenantLink(tenant_id) },
      { head: 'Result', cell: ({ status }) => badge(status) },
      { head: 'Invoice', cell: ({ invoice_id }) => (invoice_id === null ? '' : invoiceLink(invoice_id, 'Open')) },
      { head: 'Why', cell: ({ detail }) => detail ?? '' },
      { head: 'Finished', cell: ({ finished_at }) => timeOr(finished_at, 'not yet') },
    ],
  });

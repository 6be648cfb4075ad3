import { dayName, invoicing, monthName, operators, provisioning, type RequestOutput } from '@arcadia/contracts';
import { ApiError } from '@arcadia/gateway-client';
import { handleForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { passOn } from '../html/download.ts';
import { type Attempt, form } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { invoiceLink } from '../html/links.ts';
import { pager } from '../html/list.ts';
import { marginChart } from '../html/margin-chart.ts';
import { part, shown, valueOf } from '../html/part.ts';
import { cards, figureCard, section, table } from '../html/table.ts';
import { creditsTable, ledgerTable, termsTable } from '../html/tenant-terms.ts';
import { maySend } from '../permission.ts';
import { money } from '../words/money.ts';
import { countOf } from '../words/names.ts';
import { time } from '../words/time.ts';
import { creditNoteTable } from './credit-note.ts';
import { filled } from './invoices.ts';
import { newTenantIn, tenantsPage } from './tenant-list.ts';
import { profileFacts, profileForm, profileIn } from './tenant-profile.ts';
import { registerTenantTerms } from './tenant-terms.ts';
import { creditForms, lineForm, termForms } from './tenant-terms-forms.ts';
import { monthsOf } from './today.ts';

type Entry = RequestOutput<typeof invoicing.getStatement>['items'][number];

export const registerTenants = (app: HttpApp): void => {
  app.get('/tenants', (c) => tenantsPage(c, null));
  app.post('/tenants', (c) =>
    handleForm(c, {
      form: 'tenant',
      run: async (values, key) => {
        const { tenant_id, name } = await c.get('api').request(invoicing.createTenant, newTenantIn(values), key);
        return { to: `/tenants/${encodeURIComponent(tenant_id)}`, text: `The tenant ${name} is created.` };
      },
      again: (attempt) => tenantsPage(c, attempt),
    }),
  );
  app.get('/tenants/:tenant/statement.pdf', async (c) =>
    passOn(c, await c.get('api').download(invoicing.getStatementPdf, { tenant_id: tenantOf(c) })),
  );
  app.get('/tenants/:tenant', (c) => tenantPage(c, null));
  registerTenantTerms(app, tenantPage);
  app.post('/tenants/:tenant/profile', (c) =>
    handleForm(c, {
      form: 'profile',
      run: async (values, sending) => {
        await c
          .get('api')
          .request(invoicing.putBillingProfile, { tenant_id: tenantOf(c), ...profileIn(values) }, sending);
        return { to: `/tenants/${tenantOf(c)}`, text: 'The billing profile is changed, from the next invoice on.' };
      },
      again: (attempt) => tenantPage(c, attempt),
    }),
  );
  app.post('/tenants/:tenant/sign-in-link', async (c) => {
    const { ctx } = c.var;
    const tenantId = tenantOf(c);
    await c.get('api').request(invoicing.getTenant, { tenant_id: tenantId });
    if (!maySend({ roles: operators }) || ctx.links === null) {
      const detail = 'Sign-in links are made by the operator of a local start only.';
      throw new ApiError(detail, { status: 403, type: '/problems/forbidden', detail });
    }
    const path = ctx.links.create({ subject: `${tenantId}-user`, tenantId, roles: ['tenant'] });
    return show(c, {
      title: `Sign-in link for ${tenantId}`,
      current: '/tenants',
      crumbs: [
        ['Tenants', '/tenants'],
        [tenantId, `/tenants/${tenantId}`],
      ],
      body: section(
        'Works once, within 12 hours',
        html`<p>Open it in a private window, or sign out first: it signs in as the tenant.</p><p><a href="${path}">${path}</a></p>`,
      ),
    });
  });
};

const tenantOf = (c: HttpContext): string => c.req.param('tenant') ?? '';

const tenantPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const tenant_id = tenantOf(c);
  const account = await api.request(invoicing.getTenant, { tenant_id });
  const cursor = filled({ cursor: c.req.query('cursor') });
  const [statement, notes, deployments, profile, margin, terms, credits, ledger, plans] = await Promise.all([
    part(api.request(invoicing.getStatement, { tenant_id, limit: 25, ...cursor })),
    part(api.request(invoicing.listCreditNotes, { tenant_id, limit: 25 })),
    part(api.request(provisioning.listDeployments, { tenant_id, limit: 200 })),
    part(api.read(invoicing.getBillingProfile, { tenant_id })),
    part(api.request(invoicing.getMargin, { group_by: 'period', tenant_id })),
    part(api.request(invoicing.getTenantTerms, { tenant_id })),
    part(api.request(invoicing.listPrepaidCredits, { tenant_id })),
    part(api.request(invoicing.getPrepaidLedger, { tenant_id, limit: 25 })),
    part(api.request(invoicing.listPlans, { status: 'active', limit: 200 })),
  ]);
  const { currency } = account;
  return show(c, {
    title: account.name,
    current: '/tenants',
    crumbs: [['Tenants', '/tenants']],
    beside: account.overdue_invoices > 0 ? badge('overdue') : none,
    lead: html`Tenant ${tenant_id}`,
    attempt,
    body: html`${cards([
      figureCard({
        name: 'Balance',
        value: money(account.balance_cents, currency),
        note: account.balance_cents < 0 ? 'The tenant has credit.' : 'charged, less paid and credited',
      }),
      figureCard({
        name: 'Outstanding',
        value: money(account.outstanding_cents, currency),
        note: 'issued and not paid',
      }),
      figureCard({
        name: 'Overdue',
        value: money(account.overdue_cents, currency),
        note: countOf(account.overdue_invoices, 'invoice'),
      }),
    ])}
${section(
  'Statement',
  shown(
    statement,
    (page) =>
      html`${statementTable(page.items, currency)}${pager(`/tenants/${tenant_id}`, c.req.query(), page.next_cursor)}${lineForm({ tenant_id, currency }, attempt)}`,
  ),
  {
    aside: html`<span class="actions"><a href="/tenants/${tenant_id}/statement.pdf" download>PDF</a><a href="/invoices?tenant=${tenant_id}">All invoices</a></span>`,
  },
)}
${section(
  'Credit notes',
  shown(notes, ({ items }) => creditNoteTable(items)),
)}
${section(
  'Deployments',
  shown(deployments, ({ items }) => deploymentTable(items)),
)}
${section(
  'Margin by month',
  shown(margin, ({ items, currency: own }) => marginChart(monthsOf(items), own ?? currency)),
  { aside: html`<a href="/margin?tenant=${tenant_id}">By kind</a>` },
)}
${section(
  'Terms of its own',
  shown(terms, (known) => html`${termsTable(known)}${termForms(known, valueOf(plans)?.items ?? [], attempt)}`),
  { id: 'terms' },
)}
${section(
  'Prepaid credit',
  shown(
    credits,
    (known) =>
      html`${creditsTable(known)}${shown(ledger, ({ items }) => ledgerTable(items, currency))}${creditForms(known, attempt)}`,
  ),
)}
${section(
  'Billing profile',
  shown(profile, ({ answer, version }) => html`${profileFacts(answer)}${profileForm(answer, { version, attempt })}`),
)}
${c.get('ctx').links === null ? none : section('Look as this tenant', form({ name: 'link', sends: { roles: operators }, action: `/tenants/${tenant_id}/sign-in-link`, fields: [], submit: 'Make a sign-in link', attempt: null }))}`,
  });
};

const entryNames = {
  invoice: 'Invoice',
  void: 'Voided',
  credit_note: 'Credit note',
  payment: 'Payment',
  refund: 'Refund',
} as const;

export const statementTable = (items: readonly Entry[], currency: string): Html =>
  table({
    caption: 'Invoices, credit notes and payments, newest first',
    empty: 'Nothing has been charged yet.',
    rows: items,
    columns: [
      { head: 'When', cell: ({ at }) => time(at) },
      {
        head: 'Entry',
        isName: true,
        cell: (entry) =>
          html`${entryNames[entry.kind]} ${entry.invoice_id === null ? entry.number : invoiceLink(entry.invoice_id, entry.number)}`,
      },
      {
        head: 'Of',
        cell: ({ period, detail, due_on }) =>
          html`${monthName(period)}${detail === null ? none : html`<small>${detail}</small>`}${due_on === null ? none : html`<small>due ${dayName(due_on)}</small>`}`,
      },
      { head: 'Amount', isFigure: true, cell: (entry) => money(entry.amount_cents, currency) },
      { head: 'Balance', isFigure: true, cell: (entry) => money(entry.balance_cents, currency) },
    ],
  });

const deploymentTable = (items: RequestOutput<typeof provisioning.listDeployments>['items']): Html =>
  table({
    caption: 'Deployments',
    empty: 'This tenant has no deployment.',
    rows: items,
    columns: [
      {
        head: 'Deployment',
        isName: true,
        cell: (row) =>
          html`<a href="/deployments/${row.deployment_id}">${row.display_name}</a><small>${row.slug}</small>`,
      },
      { head: 'State', cell: ({ state }) => badge(state) },
      { head: 'Region', cell: ({ region }) => region ?? '' },
      { head: 'Since', cell: ({ created_at }) => time(created_at) },
    ],
  });

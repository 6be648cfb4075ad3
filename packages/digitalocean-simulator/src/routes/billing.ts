import { Hono } from 'hono';
import { answerPage, type Env, refuse } from '../answers.ts';
import { historyOf, invoiceCsv, invoiceSummary, issuedForm, previewAt, showItem } from '../invoices.ts';
import type { SettledInvoice } from '../settle-world.ts';
import type { Simulated } from '../simulated.ts';
import { milliseconds, providerTime } from '../world-fields.ts';

/** Routes for the balance, the billing history, the invoices and the preview of the current month. */
export function billingRoutes(simulated: Simulated): Hono<Env> {
  const routes = new Hono<Env>();
  const { world } = simulated;
  const { provider } = world;
  const issuedBy = (now: number): SettledInvoice[] =>
    provider.invoices
      .filter((invoice) => milliseconds(invoice.issued_at) <= now)
      .map((invoice) => issuedForm(simulated, invoice))
      .sort((a, b) => (a.period < b.period ? 1 : -1));
  const find = (uuid: string, now: number): SettledInvoice | undefined =>
    uuid === 'preview' ? previewAt(simulated, now) : issuedBy(now).find((invoice) => invoice.uuid === uuid);
  const history = (now: number): object[] => historyOf(world, issuedBy(now), now);

  routes.get('/balance', (c) => c.json({ ...provider.balance, generated_at: providerTime(c.get('now')) }));
  routes.get('/billing_history', (c) =>
    answerPage(c, { key: 'billing_history', items: history(c.get('now')), show: (entry) => entry }),
  );

  routes.get('/invoices', (c) => {
    const preview = previewAt(simulated, c.get('now'));
    return answerPage(c, {
      key: 'invoices',
      items: issuedBy(c.get('now')),
      show: (invoice) => header(invoice),
      beside: { invoice_preview: { ...header(preview), updated_at: preview.issued_at } },
    });
  });
  routes.get('/invoices/:uuid', (c) => {
    const invoice = find(c.req.param('uuid'), c.get('now'));
    if (invoice === undefined) return refuse(c, 'not_found');
    return answerPage(c, { key: 'invoice_items', items: invoice.items, show: showItem });
  });
  routes.get('/invoices/:uuid/csv', (c) => {
    const invoice = find(c.req.param('uuid'), c.get('now'));
    if (invoice === undefined) return refuse(c, 'not_found');
    return c.body(invoice.csv ?? invoiceCsv(invoice), 200, {
      'content-type': 'text/csv',
      'content-disposition': attachment(invoice, 'csv'),
    });
  });
  routes.get('/invoices/:uuid/pdf', (c) => {
    const invoice = find(c.req.param('uuid'), c.get('now'));
    if (invoice === undefined) return refuse(c, 'not_found');
    return c.body('%PDF-1.4\n%%EOF\n', 200, {
      'content-type': 'application/pdf',
      'content-disposition': attachment(invoice, 'pdf'),
    });
  });
  routes.get('/invoices/:uuid/summary', (c) => {
    const invoice = find(c.req.param('uuid'), c.get('now'));
    return invoice === undefined ? refuse(c, 'not_found') : c.json(invoiceSummary(invoice, provider.account));
  });
  return routes;
}

function header({ uuid, id, amount, period }: SettledInvoice): object {
  return { invoice_uuid: uuid, invoice_id: id, amount, invoice_period: period };
}

function attachment({ period, id }: SettledInvoice, kind: string): string {
  const month = Temporal.PlainYearMonth.from(period)
    .toPlainDate({ day: 1 })
    .toLocaleString('en-US', { month: 'short' });
  return `attachment; filename="DigitalOcean Invoice ${period.slice(0, 4)} ${month} (${id}).${kind}"`;
}

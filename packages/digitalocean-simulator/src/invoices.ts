import { Decimal } from 'decimal.js';
import { plainItem, usageItems } from './billed-usage.ts';
import { type SettledInvoice, type SettledItem, settleItem } from './settle-world.ts';
import type { Simulated } from './simulated.ts';
import type { World } from './world.ts';
import { derivedInteger, derivedUuid, milliseconds, providerTime } from './world-fields.ts';

/** One line in the JSON form, the only form with the id of the resource. Empty fields are left out. */
export function showItem(item: SettledItem): object {
  const resource =
    item.resource === undefined
      ? {}
      : /^\d+$/.test(item.resource)
        ? { resource_id: item.resource }
        : { resource_uuid: item.resource };
  return {
    product: item.product,
    ...resource,
    ...(item.group_description === '' ? {} : { group_description: item.group_description }),
    description: item.description,
    amount: item.amount,
    ...(item.duration === undefined ? {} : { duration: item.duration, duration_unit: item.duration_unit }),
    start_time: item.start_time,
    end_time: item.end_time,
    ...(item.project_name === '' ? {} : { project_name: item.project_name }),
    category: item.category,
  };
}

/** The invoice as a CSV file: without ids, amounts with a dollar sign, times with a numeric zone. */
export function invoiceCsv(invoice: SettledInvoice): string {
  const columns = ['product', 'group_description', 'description', 'hours', 'start', 'end', 'USD', 'project_name'];
  const lines = [[...columns, ...(invoice.csv_category ? ['category'] : [])]];
  for (const item of invoice.items) {
    const times = [csvTime(item.start_time), csvTime(item.end_time)];
    const about = [item.product, item.group_description, item.description, item.duration ?? ''];
    const category = invoice.csv_category ? [item.category] : [];
    lines.push([...about, ...times, dollars(item.amount), item.project_name, ...category]);
  }
  return `${lines.map((fields) => fields.map(quoted).join(',')).join('\n')}\n`;
}

const cents = (amount = '0'): string => new Decimal(amount).toFixed(2);

/** The totals of an invoice by product. */
export function invoiceSummary(invoice: SettledInvoice, account: World['provider']['account']): object {
  const products = new Map<string, { amount: Decimal; count: number }>();
  let taxes = new Decimal(invoice.summary_only?.taxes ?? 0);
  for (const item of invoice.items) {
    if (item.product === 'Taxes') taxes = taxes.plus(item.amount);
    else {
      const sum = products.get(item.product) ?? { amount: new Decimal(0), count: 0 };
      products.set(item.product, { amount: sum.amount.plus(item.amount), count: sum.count + 1 });
    }
  }
  const charges = [...products].map(([name, sum]) => ({
    name,
    amount: sum.amount.toFixed(2),
    count: String(sum.count),
  }));
  const total = [...products.values()].reduce((sum, product) => sum.plus(product.amount), new Decimal(0));
  return {
    invoice_uuid: invoice.uuid,
    invoice_id: invoice.id,
    billing_period: invoice.period,
    amount: invoice.amount,
    user_name: account.name,
    user_company: account.team_name,
    user_email: account.email,
    product_charges: { name: 'Product usage charges', amount: total.toFixed(2), items: charges },
    overages: { name: 'Overages', amount: cents(invoice.summary_only?.overages) },
    taxes: { name: 'Taxes', amount: taxes.toFixed(2) },
    credits_and_adjustments: {
      name: 'Credits & adjustments',
      amount: cents(invoice.summary_only?.credits_and_adjustments),
    },
  };
}

/** An invoice as it is issued: one that bills usage gets the lines of what existed in its month. */
export function issuedForm(simulated: Simulated, invoice: SettledInvoice): SettledInvoice {
  const start = Temporal.Instant.from(`${invoice.period}-01T00:00:00Z`);
  const end = start.toZonedDateTimeISO('UTC').add({ months: 1 }).toInstant();
  const month = { start: start.toString(), end: end.toString() };
  const items = invoice.bills_usage === true ? chargedItems(simulated, invoice.items, month) : invoice.items;
  const charged = sumOf(items).minus(sumOf(invoice.items));
  const amount = new Decimal(invoice.amount)
    .plus(charged)
    .plus(invoice.header_difference ?? 0)
    .toFixed(2);
  return { ...invoice, items, amount };
}

const taxRate = '0.1';

/** The lines of what existed in a span, then the given items, then the tax on both. */
function chargedItems(
  simulated: Simulated,
  items: readonly SettledItem[],
  span: { start: string; end: string },
): SettledItem[] {
  const charges = [...usageItems(simulated, span), ...items];
  const amount = sumOf(charges).times(taxRate).toFixed(2);
  return [...charges, settleItem({ ...plainItem, product: 'Taxes', description: 'GST (10%)', amount }, span)];
}

const sumOf = (items: readonly SettledItem[]): Decimal =>
  items.reduce((total, item) => total.plus(item.amount), new Decimal(0));

/** The preview of the current month: another uuid each month, recreated each day. */
export function previewAt(simulated: Simulated, now: number): SettledInvoice {
  const { world } = simulated;
  const today = providerTime(now).slice(0, 10);
  const period = today.slice(0, 7);
  const given = world.provider.invoice_preview;
  const month = { start: `${period}-01T00:00:00Z`, end: `${today}T00:00:00Z` };
  const listed = (given?.items ?? []).map((item) => settleItem(item, month));
  const items = given?.bills_usage === true ? chargedItems(simulated, listed, month) : listed;
  return {
    uuid: given?.uuid ?? derivedUuid('preview', period),
    id: String(derivedInteger(400_000_000, ['preview', period])),
    period,
    amount: sumOf(items).toFixed(2),
    issued_at: `${today}T00:00:00Z`,
    paid: false,
    summary_only: undefined,
    items,
    csv: undefined,
    csv_category: true,
  };
}

/** The invoices and their payments up to now, newest first, with the other entries of the world. */
export function historyOf(world: World, invoices: readonly SettledInvoice[], now: number): object[] {
  const entries = invoices.flatMap((invoice) => {
    const name = Temporal.PlainYearMonth.from(invoice.period)
      .toPlainDate({ day: 1 })
      .toLocaleString('en-US', { month: 'long', year: 'numeric' });
    const issued = milliseconds(invoice.issued_at);
    const ids = { invoice_id: invoice.id, invoice_uuid: invoice.uuid };
    const billed = {
      description: `Invoice for ${name}`,
      amount: invoice.amount,
      ...ids,
      date: providerTime(issued),
      type: 'Invoice',
    };
    const amount = new Decimal(invoice.amount).negated().toFixed(2);
    const payment = { description: 'Payment (card)', amount, date: providerTime(issued + 3_600_000), type: 'Payment' };
    return invoice.paid ? [billed, payment] : [billed];
  });
  const others = world.provider.billing_history.map((entry) => ({
    ...entry,
    date: providerTime(milliseconds(entry.date)),
  }));
  return [...entries, ...others]
    .filter(({ date }) => milliseconds(date) <= now)
    .sort((a, b) => (a.date < b.date ? 1 : -1));
}

function csvTime(text: string): string {
  return `${providerTime(milliseconds(text)).replace('T', ' ').slice(0, 19)} +0000`;
}

function dollars(amount: string): string {
  return amount.startsWith('-') ? `-$${amount.slice(1)}` : `$${amount}`;
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

import { existsSync, readFileSync } from 'node:fs';
import { billingIngest, nameUuid, type RequestOutput } from '@arcadia/contracts';
import { askService, publishedEvents } from '@arcadia/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deployed, openStage, operatorActor, type Stage } from './stage.ts';

type Invoice = RequestOutput<typeof billingIngest.getProviderInvoice>;
const actor = operatorActor;
const columns = 'product,group_description,description,hours,start,end,USD,project_name';
const march = '2026-03-01 00:00:00 +0000,2026-04-01 00:00:00 +0000';
const item = (description: string, amount: string, more: object = {}) => ({
  product: 'Droplets',
  description,
  amount,
  ...more,
});

/** Odd invoices, named by their oddity. */
const odd: Record<string, object> = {
  'header a cent more': { amount: '6.01', items: [item('web (s-1)', '6.00')] },
  'items a cent less': {
    amount: '6.00',
    items: [item('web (s-1)', '5.99')],
    csv: `${columns}\nDroplets,,web (s-1),744,${march},$6.00,\n`,
  },
  'a page of errors for a CSV': {
    items: [item('web (s-1)', '6.00')],
    csv: '<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>\n',
  },
  'an empty CSV': { items: [item('web (s-1)', '6.00')], csv: '' },
  'a header alone and nothing to pay': { amount: '0.00', items: [], csv: `${columns}\n` },
  'nothing but tax': { items: [{ product: 'Taxes', description: 'GST (10%)', amount: '900.00' }] },
  'credits and refunds': {
    amount: '1234.56',
    items: [
      item('web (s-1)', '1240.56'),
      { product: 'Credits', description: 'Goodwill', amount: '-5' },
      item('db (s-1)', '-1.00'),
    ],
    csv: `\uFEFF${columns}\r\nDroplets,,web (s-1),744,${march},"$1,240.56",\r\nCredits,,Goodwill,,,,($5.00),\r\nDroplets,,"db\n(s-1)",-744,${march},$-1.00,\r\n`,
  },
  'a bill in euros': {
    amount: '6.00',
    items: [item('web (s-1)', '6.00')],
    csv: `${columns.replace('USD', 'EUR')}\nDroplets,,web (s-1),744,${march},6.00,\n`,
  },
  'an unknown column that looks like a currency': {
    items: [item('web (s-1)', '6.00')],
    csv: `VAT,${columns},GPU\n19,Droplets,,web (s-1),0.016667,2026-03-01 00:00:00 +0000,2026-03-31 23:59:59 +0000,$6.00,,x\n`,
  },
  'unknown products': {
    items: [
      { product: 'Quantum Teapots', description: '=HYPERLINK("http://evil","web")', amount: '1.00' },
      { product: '', description: '', amount: '0.00' },
      { product: '@cmd', description: '-2+3', amount: '2.50', duration: '0.5' },
    ],
  },
  'fractions of a cent': { amount: '0.04', items: [item('a', '0.0125'), item('b', '0.0125'), item('c', '0.0125')] },
};

const names = Object.keys(odd);
const uuidOf = (name: string): string => `00000000-0000-4000-8000-${String(names.indexOf(name) + 1).padStart(12, '0')}`;

let stage: Stage;
beforeAll(async () => {
  const invoices = names.map((name) => ({ uuid: uuidOf(name), period: '2026-03', ...odd[name] }));
  stage = await openStage({ world: { name: 'hostile', period: '2026-04', provider: { invoices } } });
  await stage.billing.runJob('discover-invoices', '2026-05-01T02:23:00Z');
  await stage.billing.settled(60_000);
}, 120_000);
afterAll(() => stage[Symbol.asyncDispose]());

const invoiceOf = async (name: string): Promise<Invoice> => {
  const answer = await askService(
    stage.nats,
    billingIngest.getProviderInvoice,
    { invoice_uuid: uuidOf(name) },
    { actor },
  );
  if ('refused' in answer) throw new Error(answer.detail);
  return answer;
};

test.each([
  ['header a cent more', [601, 600, 600], 1],
  ['items a cent less', [600, 600, 599], 1],
  ['a page of errors for a CSV', [600, null, 600], 0],
  ['an empty CSV', [600, null, 600], 0],
  ['a bill in euros', [600, null, 600], 0],
])(
  'billing-ingest: %s: the invoice is unreconciled, shows three totals and their difference, and is held back',
  async (name, totals, difference) => {
    const invoice = await invoiceOf(name);
    expect(invoice).toMatchObject({
      status: 'unreconciled',
      difference_minor: difference,
      finance: { state: 'held' },
      lines: 1,
    });
    expect(Object.values(invoice.totals)).toEqual(totals);
    expect(invoice.faults.length > 0).toBe(totals.includes(null));
  },
);

test.each([
  ['nothing but tax', 1, 0, 90_000],
  ['credits and refunds', 3, 123_456, 0],
  ['an unknown column that looks like a currency', 1, 600, 0],
  ['unknown products', 3, 350, 0],
  ['fractions of a cent', 3, 4, 0],
])('billing-ingest: %s: the invoice is reconciled and each cent of it is allocated', async (name, lines, net, tax) => {
  const invoice = await invoiceOf(name);
  expect(invoice).toMatchObject({
    status: 'reconciled',
    lines,
    amount_net_minor: net,
    amount_tax_minor: tax,
    faults: [],
  });
  expect(invoice.allocated.reduce((sum, { amount_cents }) => sum + amount_cents, 0)).toBe(net + tax);
  expect(invoice.allocated_count).toBe(invoice.allocated.length);
});

test('billing-ingest: an invoice of zero is reconciled and has no lines', async () => {
  expect(await invoiceOf('a header alone and nothing to pay')).toMatchObject({
    lines: 0,
    difference_minor: 0,
    status: 'reconciled',
  });
});

test('billing-ingest: an invoice that the provider has repaired is reconciled by the next discovery', async () => {
  const repaired = stage.world.provider.invoices.find(({ uuid }) => uuid === uuidOf('a page of errors for a CSV'));
  if (repaired === undefined) throw new Error('no such invoice');
  delete repaired.csv;
  await stage.billing.runJob('discover-invoices', '2026-05-02T02:23:00Z');
  await stage.billing.settled(60_000);
  expect(await invoiceOf('a page of errors for a CSV')).toMatchObject({
    status: 'reconciled',
    finance: { state: 'pushed' },
    faults: [],
  });
  const events = await publishedEvents(stage.database, billingIngest.invoiceIngested);
  const revisions = (name: string) =>
    events.filter(({ data }) => data.invoice_uuid === uuidOf(name)).map(({ data }) => data.revision);
  expect(revisions('a page of errors for a CSV')).toEqual([1, 2]);
  expect(revisions('header a cent more')).toEqual([1]);
});

test('billing-ingest: no cell of the exported lines is a formula', async () => {
  const file = await stage.billing.context.requestStream(billingIngest.exportCostLines, {}, { actor });
  if ('refused' in file) throw new Error(file.detail);
  let text = '';
  for await (const chunk of file.chunks) text += Buffer.from(chunk).toString();
  expect(text).toContain(`"'=HYPERLINK(""http://evil"",""web"")"`);
  expect(text).toContain(`'@cmd`);
  expect(text).toContain(`'-2+3`);
  expect(/(^|,)"?[=@]/m.test(text)).toBe(false);
});

test('billing-ingest: a line with more shares than fit into one entry is published in entries that add up', async () => {
  const { db } = stage.billing.context;
  const shares = Array.from({ length: 500 }, (_, index) => ({
    target: 'tenant' as const,
    tenant_id: `tenant-${index}`,
    fraction: '0.001',
  }));
  await stage.deploy(...shares.map(({ tenant_id }) => deployed(tenant_id, nameUuid('deployment', tenant_id))));
  await askService(
    stage.nats,
    billingIngest.putAllocationRule,
    { line_class: 'tax', from_period: '2026-03', rule: { method: 'fixed', shares } },
    { actor },
  );
  await stage.billing.settled(60_000);
  const events = await publishedEvents(stage.database, billingIngest.invoiceIngested);
  const last = events.findLast(({ data }) => data.invoice_uuid === uuidOf('nothing but tax'))?.data;
  expect(last?.lines.reduce((sum, line) => sum + line.amount_cents, 0)).toBe(90_000);
  expect(last?.lines.map(({ line_no, allocations }) => [line_no, allocations.length])).toEqual([
    [1, 500],
    [1, 1],
  ]);
  for (const line of last?.lines ?? []) {
    expect(line.allocations.reduce((sum, share) => sum + share.amount_cents, 0)).toBe(line.amount_cents);
  }
  const { rows } = await sql<{ sum: string }>`
    SELECT sum(amount_minor) FROM cloud_cost_allocations JOIN cloud_invoices USING (reading_id)
    WHERE invoice_uuid = ${uuidOf('nothing but tax')}`.execute(db);
  expect(rows).toEqual([{ sum: '90000' }]);
});

/** The provider's published examples, which are not part of this repository. */
const examples = new URL('../../../../shared/digitalocean/examples/', import.meta.url);
const hasExamples = existsSync(examples);

test.skipIf(!hasExamples)(
  "billing-ingest: the provider's published CSV is read unchanged (needs ../shared/digitalocean/examples)",
  async () => {
    const csv = readFileSync(new URL('invoice_csv.csv', examples), 'utf8');
    await using own = await openStage({
      world: {
        name: 'published',
        period: '2020-08',
        provider: { invoices: [{ uuid: uuidOf(names[0] ?? ''), period: '2020-07', amount: '3.27', items: [], csv }] },
      },
      at: '2020-08-02T00:00:00Z',
    });
    await own.billing.runJob('discover-invoices', '2020-08-02T02:23:00Z');
    await own.billing.settled(30_000);
    const [event] = await publishedEvents(own.database, billingIngest.invoiceIngested);
    expect(event?.data).toMatchObject({ amount_net_minor: 311, amount_tax_minor: 16, amount_gross_minor: 327 });
    expect(event?.data.lines.map(({ kind, hours, unmatched_reason }) => [kind, hours, unmatched_reason])).toEqual([
      ['floating_ip', '100', 'destroyed_before_first_sync'],
      ['tax', null, 'tax'],
    ]);
  },
);

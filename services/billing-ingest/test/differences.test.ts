import { billingIngest } from '@arcadia/contracts';
import { askService, publishedEvents } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { discover, findings, invoiceUuid, owner, since, worldWith } from './bills.ts';
import { operatorActor as actor, observed, openStage, type Stage } from './stage.ts';

const invoiceOf = async (stage: Stage) => {
  const input = { invoice_uuid: invoiceUuid };
  const answer = await askService(stage.nats, billingIngest.getProviderInvoice, input, { actor });
  if ('refused' in answer) throw new Error(answer.detail);
  return answer;
};
const accept = (stage: Stage, reason: string, invoice_uuid = invoiceUuid) =>
  askService(stage.nats, billingIngest.acceptInvoice, { invoice_uuid, reason }, { actor });
const reingest = async (stage: Stage) => {
  await askService(stage.nats, billingIngest.reingestInvoice, { invoice_uuid: invoiceUuid }, { actor });
  await stage.billing.settled();
};
const newest = async (stage: Stage) =>
  (await publishedEvents(stage.database, billingIngest.invoiceIngested)).at(-1)?.data;

const web = { product: 'Droplets', description: 'web (s-1)', amount: '30.00', duration: '720', resource: '101' };
const droplet = observed({ kind: 'droplet', provider_id: '101', name: 'web', owner, ...since });

test('billing-ingest: a credit, overages and tax that only the summary has are lines, and the invoice is reconciled', async () => {
  const summary_only = { credits_and_adjustments: '-30.00', overages: '2.59', taxes: '0.86' };
  await using stage = await openStage({ world: worldWith([web], { summary_only }) });
  await discover(stage);
  expect(await invoiceOf(stage)).toMatchObject({
    status: 'reconciled',
    lines: 4,
    totals: { header_minor: 345, csv_minor: 3000, items_minor: 3000 },
    explained_minor: -2655,
    difference_minor: 0,
    amount_net_minor: 259,
    amount_tax_minor: 86,
    finance: { state: 'pushed' },
  });
  expect((await newest(stage))?.lines.map(({ product, kind, amount_cents }) => [product, kind, amount_cents])).toEqual([
    ['Droplets', 'droplet', 3000],
    ['Overages', 'account', 259],
    ['Taxes', 'tax', 86],
    ['Credits & adjustments', 'account', -3000],
  ]);
  await reingest(stage);
  expect(await publishedEvents(stage.database, billingIngest.invoiceIngested)).toHaveLength(1);
});

test('billing-ingest: a difference that nothing explains is a finding until an operator accepts it, and then a line that finance gets', async () => {
  await using stage = await openStage({ world: worldWith([web], { amount: '12.34' }) });
  await stage.observe(droplet);
  expect((await findings(stage)).filter(({ finding }) => finding === 'bill_differs')).toMatchObject([
    { name: '4', amount_cents: -1766, tenant_id: null },
  ]);
  expect(await newest(stage)).toMatchObject({
    status: 'unreconciled',
    amount_gross_minor: 3000,
    difference_minor: -1766,
  });
  expect(await invoiceOf(stage)).toMatchObject({ status: 'unreconciled', accepted: null, finance: { state: 'held' } });
  const { reconciliation } = (await stage.billing.health()).facts;
  expect(reconciliation).toMatchObject({ ok: true, unsettled: 1, match_rate: 1 });
  expect(reconciliation?.warning).toMatch(/^bills that are unreconciled or refused: 1, such as /);
  expect(await accept(stage, 'x', 'unknown-invoice')).toMatchObject({ refused: 'not-found' });

  expect(await accept(stage, 'promotion, confirmed')).toMatchObject({
    status: 'accepted',
    accepted: { by: actor.subject, reason: 'promotion, confirmed' },
    accepted_minor: -1766,
  });
  await stage.billing.settled();
  const accepted = await newest(stage);
  expect(accepted).toMatchObject({ status: 'accepted', amount_net_minor: 1234, amount_gross_minor: 1234 });
  expect(accepted).not.toHaveProperty('difference_minor');
  expect(accepted?.lines.at(-1)).toMatchObject({
    ...{ line_no: 2, kind: 'account', product: 'Accepted difference', description: 'promotion, confirmed' },
    ...{ amount_cents: -1766, allocations: [{ target: 'unallocated', amount_cents: -1766 }] },
  });
  expect(await invoiceOf(stage)).toMatchObject({
    ...{ status: 'accepted', lines: 2, difference_minor: 1766, finance: { state: 'pushed' } },
    accepted: { by: actor.subject, reason: 'promotion, confirmed' },
  });
  expect(stage.finance.imported()).toMatchObject([{ imports: 1, body: { amount_gross_minor: 1234 } }]);
  expect((await findings(stage)).filter(({ finding }) => finding === 'bill_differs')).toEqual([]);
  expect(await accept(stage, 'again')).toMatchObject({ refused: 'no-difference' });

  // Read again with the same totals it stays accepted; with other totals it does not, because these were never shown.
  await reingest(stage);
  expect(await invoiceOf(stage)).toMatchObject({ status: 'accepted', lines: 2, amount_gross_minor: 1234 });
  const invoice = stage.world.provider.invoices[0];
  if (invoice === undefined) throw new Error('no invoice');
  invoice.amount = '12.00';
  await discover(stage, '2026-05-02T02:23:00Z');
  expect(await invoiceOf(stage)).toMatchObject({ status: 'unreconciled', accepted: null, lines: 1 });
  expect(await newest(stage)).toMatchObject({ status: 'unreconciled', difference_minor: -1800 });
});

test('billing-ingest: an invoice whose CSV alone differs can be accepted without a line, a reconciled one not at all', async () => {
  const csv =
    'product,group_description,description,hours,start,end,USD,project_name\nDroplets,,web (s-1),720,,,$30.01,p\n';
  await using stage = await openStage({ world: worldWith([web], { csv }) });
  await discover(stage);
  expect(await invoiceOf(stage)).toMatchObject({ status: 'unreconciled', difference_minor: 1 });
  expect(await accept(stage, 'the CSV rounds')).toMatchObject({ accepted_minor: 0 });
  await stage.billing.settled();
  expect(await invoiceOf(stage)).toMatchObject({ status: 'accepted', lines: 1, finance: { state: 'pushed' } });
  await using agreeing = await openStage({ world: worldWith([web]) });
  await discover(agreeing);
  expect(await accept(agreeing, 'fine')).toMatchObject({ refused: 'no-difference' });
});

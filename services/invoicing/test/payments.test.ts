import { invoicing, isRefusal } from '@arcadia/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { closeOf, granted, openStage } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;
let revision = 0;

beforeAll(async () => {
  at = await openStage('2026-05-01T03:00:00Z');
});
afterAll(() => at[Symbol.asyncDispose]());

/** Studio for April: 50.00 + 5.00. */
const invoiced = async (tenant: string) => {
  await at.deploy(tenant, tenant);
  await at.subscribe(tenant, 'studio');
  revision += 1;
  await at.close(closeOf('2026-04', [], { revision }));
  return at.invoice(tenant);
};

const pay = (invoice_id: string, amount_cents?: number) =>
  at.ask(invoicing.payInvoice, {
    invoice_id,
    reference: `bank ${amount_cents ?? 'rest'}`,
    ...(amount_cents === undefined ? {} : { amount_cents }),
  });

const refusalOf = (reply: unknown): string => (isRefusal(reply) ? reply.refused : 'granted');

it('invoicing: an invoice is paid in parts, each shown on the statement, until nothing is due', async () => {
  const { invoice_id } = await invoiced('parts');
  const first = granted(await pay(invoice_id, 2000));
  expect([first.status, first.paid_cents, first.amount_due_cents]).toEqual(['issued', 2000, 3500]);
  expect(refusalOf(await pay(invoice_id, 3501))).toBe('exceeds-due');
  expect(refusalOf(await at.ask(invoicing.voidInvoice, { invoice_id, reason: 'no' }))).toBe('invoice-paid');
  const account = granted(await at.ask(invoicing.getTenant, { tenant_id: 'parts' }));
  expect([account.outstanding_cents, account.balance_cents]).toEqual([3500, 3500]);
  const rest = granted(await pay(invoice_id));
  expect([rest.status, rest.paid_cents, rest.amount_due_cents]).toEqual(['paid', 5500, 0]);
  expect(refusalOf(await pay(invoice_id, 1))).toBe('already-paid');

  const statement = granted(await at.ask(invoicing.getStatement, { tenant_id: 'parts' }));
  const payments = statement.items.filter(({ kind }) => kind === 'payment').map((entry) => entry.amount_cents);
  expect(payments.toSorted((a, b) => a - b)).toEqual([-3500, -2000]);
  expect(statement.items[0]?.balance_cents).toBe(0);
  const recorded = (await at.publishedEvents(invoicing.paymentRecorded)).filter(
    ({ data }) => data.tenant_id === 'parts',
  );
  expect(recorded.map(({ data }) => [data.amount_cents, data.amount_due_cents])).toEqual([
    [2000, 3500],
    [3500, 0],
  ]);
  const paid = (await at.publishedEvents(invoicing.invoicePaid)).filter(({ data }) => data.tenant_id === 'parts');
  expect(paid).toHaveLength(1);
});

it('invoicing: a credit note on an invoice that is paid in part lowers what is due first, and its rest stays open', async () => {
  const { invoice_id } = await invoiced('credited');
  granted(await pay(invoice_id, 4000));
  const note = granted(await at.ask(invoicing.creditInvoice, { invoice_id, reason: 'outage' }));
  expect(note.total_cents).toBe(5500);
  const account = granted(await at.ask(invoicing.getTenant, { tenant_id: 'credited' }));
  expect([account.outstanding_cents, account.balance_cents]).toEqual([0, -4000]);
});

it('invoicing: two payments at once never take more than what is due', async () => {
  const { invoice_id } = await invoiced('twice');
  const replies = await Promise.all([pay(invoice_id, 3000), pay(invoice_id, 3000)]);
  expect(replies.map(refusalOf).toSorted()).toEqual(['exceeds-due', 'granted']);
});

it('invoicing: what is due is summed by how long it has been due', async () => {
  const { invoice_id, due_on } = await invoiced('late');
  granted(await pay(invoice_id, 500));
  const dueDay = Temporal.PlainDate.from(due_on ?? '');
  const ages: [days: number, field: string][] = [
    [0, 'not_due_cents'],
    [1, 'days_1_to_30_cents'],
    [30, 'days_1_to_30_cents'],
    [31, 'days_31_to_60_cents'],
    [60, 'days_31_to_60_cents'],
    [61, 'days_61_to_90_cents'],
    [90, 'days_61_to_90_cents'],
    [91, 'over_90_days_cents'],
  ];
  for (const [days, field] of ages) {
    at.clock.set(Temporal.Instant.from(`${dueDay.add({ days }).toString()}T12:00:00Z`));
    const { due_by_age } = granted(await at.ask(invoicing.getTenant, { tenant_id: 'late' }));
    const due = Object.entries(due_by_age).filter(([, cents]) => cents !== 0);
    expect([days, due]).toEqual([days, [[field, 5000]]]);
  }
  const { currencies } = granted(await at.ask(invoicing.getReceivables, {}));
  expect(currencies.map(({ currency, total_cents }) => [currency, total_cents])).toEqual([['AUD', 7500]]);
});

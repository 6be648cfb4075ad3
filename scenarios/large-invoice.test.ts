import { printReport, readReport } from '@arcadia/app';
import { invoicing } from '@arcadia/contracts';
import { eventually } from '@arcadia/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { twoTenants } from './src/two-tenants.ts';
import { startWholeStack, type WholeStack } from './src/whole-stack.ts';

let stack: WholeStack;
beforeAll(async () => {
  stack = await startWholeStack(twoTenants);
  await stack.play();
}, 240_000);
afterAll(() => stack[Symbol.asyncDispose]());

const period = '2026-04';
/** An answer with all of them would not fit into a message. */
const count = 1_500;

const addLines = async (month: string): Promise<void> => {
  for (let from = 0; from < count; from += 20) {
    const numbers = Array.from({ length: 20 }, (_, index) => from + index);
    await Promise.all(
      numbers.map((number) =>
        stack.player.api.request(invoicing.addManualLine, {
          tenant_id: 'acme',
          description: `Migration support, part ${number} `.padEnd(200, '.'),
          unit_price_cents: '100',
          period: month,
        }),
      ),
    );
  }
};

test('an invoice of 1,500 lines is read by pages, and the program that reads a whole world shows it', async () => {
  const [acme, operator] = [await stack.as('acme'), stack.player.api];
  const [first] = await operator.list(invoicing.listInvoices, { period, tenant_id: 'acme' });
  const invoice_id = first?.invoice_id ?? '';
  await operator.request(invoicing.voidInvoice, { invoice_id, reason: 'lines were missing' });
  await addLines(period);
  await operator.request(invoicing.runInvoices, { period, tenant_id: 'acme' });
  const invoice = await eventually('the invoice is made again', async () => {
    const [live] = await acme.list(invoicing.listInvoices, { period, status: 'issued' });
    return live;
  });
  const shown = await acme.request(invoicing.getInvoice, { invoice_id: invoice.invoice_id });
  expect(shown.line_count).toBeGreaterThan(count);
  const lines = await acme.list(invoicing.listInvoiceLines, { invoice_id: invoice.invoice_id });
  expect(lines).toHaveLength(shown.line_count);
  expect(lines.slice(0, shown.lines.length)).toEqual(shown.lines);
  expect(lines.reduce((sum, { amount_cents }) => sum + amount_cents, 0)).toBe(invoice.total_cents);
  expect(lines.filter(({ kind }) => kind === 'manual')).toHaveLength(count);

  const { gateway } = stack.running;
  const report = await readReport({ api: operator, world: stack.world, gateway, tokens: stack.tokens });
  expect(report.invoices.find(({ tenant_id }) => tenant_id === 'acme')?.lines).toHaveLength(shown.line_count);
  expect(printReport(report)).toMatch(/\d+ other lines/);

  await addLines('2026-05');
  const preview = await acme.request(invoicing.previewInvoice, { period: '2026-05' });
  expect(preview.so_far.line_count).toBeGreaterThan(count);
  const previewed = await acme.list(invoicing.listPreviewLines, { period: '2026-05' });
  expect(previewed).toHaveLength(preview.so_far.line_count);
  expect(previewed.reduce((sum, { amount_cents }) => sum + amount_cents, 0)).toBe(preview.so_far.total_cents);

  const paid = await operator.request(invoicing.payInvoice, { invoice_id: invoice.invoice_id, reference: 'bank 1' });
  expect(paid).toMatchObject({ status: 'paid', line_count: shown.line_count });
}, 240_000);

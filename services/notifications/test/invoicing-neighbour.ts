import { invoicing, type RequestOutput, refuse } from '@arcadia/contracts';
import { forService } from '@arcadia/platform';
import { startTestService } from '@arcadia/testkit';

type Invoice = RequestOutput<typeof invoicing.getInvoice>;

const { defineService, answer, answerStream } = forService<unknown, object>();

/** What invoicing answers about every invoice: nothing is paid, and the PDF has this many bytes. */
export const invoicingState = {
  amountDueCents: 7064,
  status: 'issued' as Invoice['status'],
  pdfBytes: 2_000,
  downloads: 0,
};

const invoiceOf = (invoice_id: string): Invoice => ({
  ...{
    invoice_id,
    tenant_id: 'acme',
    period: '2026-03',
    number: 'INV-1',
    status: invoicingState.status,
    currency: 'AUD',
  },
  ...{ period_start: '2026-03-01T00:00:00Z', period_end: '2026-04-01T00:00:00Z' },
  ...{
    subtotal_cents: 6422,
    tax_cents: 642,
    total_cents: 7064,
    issued_at: '2026-04-01T00:00:00Z',
    due_on: '2026-04-15',
  },
  ...{ lines: [], line_count: 0, lines_next_cursor: null, unbilled: [], unbilled_next_cursor: null },
  ...{ close_revision: 1, rating_version: '1', input_hash: 'x', output_hash: 'y', facts_hash: null },
  ...{ is_overdue: false, is_tax_inclusive: false, credited_cents: 0, applied_credit_cents: 0, paid_cents: 0 },
  amount_due_cents: invoicingState.amountDueCents,
  ...{ paid_at: null, payment_reference: null, voided_at: null, void_reason: null, replaced_by: null, replaces: null },
  ...{ finance_invoice_id: null, pushed_to_finance_at: null },
});

const file = (name: string) => {
  invoicingState.downloads += 1;
  const chunks = [Buffer.from('%PDF-1.7 '), Buffer.alloc(invoicingState.pdfBytes, 'x')];
  return { head: { media_type: 'application/pdf', file_name: name }, chunks };
};

/** Starts a service that answers what mails ask of invoicing, and nothing else. */
export const startInvoicingNeighbour = (nats: { url: string }) =>
  startTestService(
    defineService({
      name: 'invoicing',
      schema: null,
      config: () => ({}),
      migrations: {},
      publishes: [],
      consumes: [],
      jobs: [],
      answers: [
        answer(invoicing.getTenant, () => Promise.resolve(refuse('not-found', 'There is no tenant.'))),
        answer(invoicing.getInvoice, ({ input }) => Promise.resolve(invoiceOf(input.invoice_id))),
        answerStream(invoicing.getInvoicePdf, () => Promise.resolve(file('INV-1.pdf'))),
        answerStream(invoicing.getCreditNotePdf, () => Promise.resolve(file('CN-1.pdf'))),
      ],
    }),
    { database: null, nats },
  );

import { type billingIngest, isRefusal, type Refusal, type RequestOutput, refuse } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor, readSorting, type StreamedAnswer, sortCursor } from '@arcadia/platform';
import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { centsOf } from '../domain/amount.ts';
import { fxRateOf } from '../store/fx-rates/fx-rates.ts';
import { findAcceptance } from '../store/invoices/acceptances.ts';
import { findEvidence, readEvidence } from '../store/invoices/evidence.ts';
import { invoiceSums, invoicesAfter } from '../store/invoices/invoice-list.ts';
import { findInvoice, type InvoiceRow } from '../store/invoices/invoices.ts';

type View = RequestOutput<typeof billingIngest.listProviderInvoices>['items'][number];

export async function listInvoices({ input }: ReadRequest<typeof billingIngest.listProviderInvoices>, ctx: Context) {
  const { status, period, limit } = input;
  const sorting = readSorting(input.sort, input.cursor);
  if (isRefusal(sorting)) return sorting;
  const after = sorting === null ? readCursor(input.cursor, 2) : null;
  if (isRefusal(after)) return after;
  const rows = await invoicesAfter(ctx.db, { status, period, after, sorting, limit });
  return cutPage(rows, {
    limit,
    keyOf: ({ period: of, invoice_uuid: id, sort_key }) =>
      sorting === null ? [of, id] : sortCursor(sorting, { sort_key, id }),
    itemOf: (row) => viewOf(row, ctx.config),
  });
}

export async function getInvoice({ input }: ReadRequest<typeof billingIngest.getProviderInvoice>, ctx: Context) {
  const row = await findInvoice(ctx.db, input.invoice_uuid);
  if (row === undefined) return invoiceNotFound(input.invoice_uuid);
  const evidence = row.evidence_id === null ? undefined : await findEvidence(ctx.db, row.evidence_id);
  const sums = await invoiceSums(ctx.db, row.reading_id);
  const acceptance = row.status === 'accepted' ? await acceptanceOf(ctx, row) : undefined;
  return {
    ...viewOf(row, ctx.config),
    fx: await fxRateOf(ctx.db, row, ctx.config),
    evidence:
      evidence === undefined
        ? null
        : {
            media_type: evidence.media_type,
            bytes: Number(evidence.bytes),
            sha256: evidence.sha256 ?? '',
            received_at: evidence.received_at,
            lines: evidence.lines,
          },
    faults: row.faults,
    accepted:
      acceptance === undefined
        ? null
        : { by: acceptance.accepted_by, at: acceptance.accepted_at, reason: acceptance.reason },
    by_kind: sums.byKind.map(inCents),
    by_reason: sums.byReason.map(inCents),
    allocated: sums.allocated.map(inCents),
    allocated_count: sums.allocatedCount,
  };
}

const acceptanceOf = (ctx: Context, row: InvoiceRow) =>
  findAcceptance(ctx.db, row.invoice_uuid, {
    header_minor: minor(row.header_minor),
    csv_minor: minor(row.csv_minor),
    items_minor: minor(row.items_minor),
  });

export function invoiceNotFound(invoiceUuid: string): Refusal<'not-found'> {
  return refuse('not-found', `There is no provider invoice ${invoiceUuid}.`);
}

/** The CSV exactly as received, in the chunks in which it is stored. */
export async function downloadInvoiceCsv({ input }: ReadRequest<typeof billingIngest.getInvoiceCsv>, ctx: Context) {
  const row = await findInvoice(ctx.db, input.invoice_uuid);
  if (row === undefined || row.evidence_id === null) return invoiceNotFound(input.invoice_uuid);
  const file: StreamedAnswer = {
    head: {
      media_type: 'text/csv',
      file_name: `${row.provider}-${row.period}-${row.invoice_number ?? row.invoice_uuid}.csv`,
    },
    chunks: readEvidence(ctx.db, row.evidence_id),
  };
  return file;
}

const inCents = <Row extends { amount_minor: string }>({ amount_minor, ...rest }: Row) => ({
  ...rest,
  amount_cents: centsOf(amount_minor),
});

const minor = (column: string | null): number | null => (column === null ? null : centsOf(column));

const viewOf = (row: InvoiceRow, config: Config): View => ({
  provider: row.provider,
  invoice_uuid: row.invoice_uuid,
  invoice_number: row.invoice_number,
  period: row.period,
  currency: row.currency,
  status: row.status,
  revision: row.revision,
  amount_net_minor: minor(row.amount_net_minor),
  amount_tax_minor: minor(row.amount_tax_minor),
  amount_gross_minor: minor(row.amount_gross_minor),
  totals: {
    header_minor: minor(row.header_minor),
    csv_minor: minor(row.csv_minor),
    items_minor: minor(row.items_minor),
  },
  explained_minor: centsOf(row.explained_minor),
  difference_minor: minor(row.difference_minor),
  lines: row.lines,
  matched: row.matched,
  discovered_at: row.discovered_at,
  ingested_at: row.ingested_at,
  finance: {
    state: financeState(row, config),
    finance_invoice_id: row.finance_invoice_id,
    pushed_to_finance_at: row.pushed_to_finance_at,
  },
});

/** An invoice that does not add up is held back from finance, even if an earlier version of it was pushed. */
function financeState(row: InvoiceRow, config: Config): View['finance']['state'] {
  if (row.status === 'unreconciled' || row.status === 'refused') return 'held';
  if (row.finance_invoice_id !== null) return 'pushed';
  return config.finance === null ? 'not_configured' : 'pending';
}

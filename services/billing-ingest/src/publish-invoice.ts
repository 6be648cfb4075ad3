import { billingIngest, contentHash, type EventData } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { type RawBuilder, sql } from 'kysely';
import { fxRateOf } from './store/fx-rates.ts';
import { lockInvoice } from './store/invoices.ts';
import { divideLines, linesOfRun } from './store/lines-to-publish.ts';
import type { Database } from './store/schema.ts';

type InvoiceIngested = EventData<typeof billingIngest.invoiceIngested>;
type Head = Omit<InvoiceIngested, 'lines'>;

/**
 * Says an invoice with its lines, unless that was said already: the same content never becomes a new revision. The lines go
 * from table to message within the database, some hundred at a time.
 */
export const publishInvoice = async (
  tx: Tx<Database>,
  invoiceUuid: string,
  now: Temporal.Instant,
): Promise<'said' | 'unchanged'> => {
  const invoice = await lockInvoice(tx.sql, invoiceUuid);
  if (invoice === undefined || invoice.reading_id === null) return 'unchanged';
  const { reading_id, status } = invoice;
  if (status !== 'reconciled' && status !== 'unreconciled') return 'unchanged';
  const content: Omit<Head, 'revision' | 'part' | 'parts' | 'ingested_at'> = {
    provider: invoice.provider,
    period: invoice.period,
    invoice_uuid: invoice.invoice_uuid,
    invoice_number: invoice.invoice_number,
    status,
    currency: invoice.currency,
    amount_net_minor: Number(invoice.amount_net_minor),
    amount_tax_minor: Number(invoice.amount_tax_minor),
    amount_gross_minor: Number(invoice.amount_gross_minor),
    fx: await fxRateOf(tx.sql, invoice),
  };
  const { runs, hash: hashOfLines } = await divideLines(tx.sql, reading_id);
  const hash = contentHash({ ...content, lines: hashOfLines });
  if (hash === invoice.said_hash) return 'unchanged';
  const revision = invoice.revision + 1;
  await sql`UPDATE cloud_invoices SET revision = ${revision}, said_hash = ${hash} WHERE invoice_uuid = ${invoiceUuid}`.execute(
    tx.sql,
  );
  const ingested_at = invoice.ingested_at ?? now.toString();
  for (const [index, run] of runs.entries()) {
    const head: Head = { ...content, revision, part: index + 1, parts: runs.length, ingested_at };
    await tx.publishFrom(invoiceIngested, partOf(head, linesOfRun(reading_id, run)));
  }
  return 'said';
};

const { invoiceIngested } = billingIngest;

const partOf = (head: Head, lines: RawBuilder<unknown>): RawBuilder<unknown> => {
  const about = { ...head, lines: [] };
  return sql`SELECT ${invoiceIngested.key(about)}::text AS key, ${invoiceIngested.subject(about)}::text AS subject,
    (${JSON.stringify(head).slice(0, -1)}::text || ',"lines":' || (${lines})::text || '}')::json AS data`;
};

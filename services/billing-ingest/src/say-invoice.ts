import { billingIngest, contentHash, type EventData } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { sql } from 'kysely';
import { fxRateOf } from './store/fx-rates.ts';
import { lockInvoice } from './store/invoices.ts';
import { linesToSay } from './store/lines-to-say.ts';
import type { Database } from './store/schema.ts';

type InvoiceIngested = EventData<typeof billingIngest.invoiceIngested>;

/** Says an invoice with its lines, unless that was said already: the same content never becomes a new revision. */
export const sayInvoice = async (
  tx: Tx<Database>,
  invoiceUuid: string,
  now: Temporal.Instant,
): Promise<'said' | 'unchanged'> => {
  const invoice = await lockInvoice(tx.sql, invoiceUuid);
  if (invoice === undefined || invoice.reading_id === null) return 'unchanged';
  if (invoice.status !== 'reconciled' && invoice.status !== 'unreconciled') return 'unchanged';
  const content: Omit<InvoiceIngested, 'revision' | 'ingested_at'> = {
    provider: invoice.provider,
    period: invoice.period,
    invoice_uuid: invoice.invoice_uuid,
    invoice_number: invoice.invoice_number,
    status: invoice.status,
    currency: invoice.currency,
    amount_net_minor: Number(invoice.amount_net_minor),
    amount_tax_minor: Number(invoice.amount_tax_minor),
    amount_gross_minor: Number(invoice.amount_gross_minor),
    fx: await fxRateOf(tx.sql, invoice),
    lines: await linesToSay(tx.sql, invoice.reading_id),
  };
  const hash = contentHash(content);
  if (hash === invoice.said_hash) return 'unchanged';
  const revision = invoice.revision + 1;
  await sql`UPDATE cloud_invoices SET revision = ${revision}, said_hash = ${hash} WHERE invoice_uuid = ${invoiceUuid}`.execute(
    tx.sql,
  );
  await tx.say(billingIngest.invoiceIngested, {
    ...content,
    revision,
    ingested_at: invoice.ingested_at ?? now.toString(),
  });
  return 'said';
};

import { billingIngest, contentHash, type EventData } from '@arcadia/contracts';
import type { Context, Tx } from '../context.ts';
import { centsOf } from '../domain/amount.ts';
import { fxRateOf } from '../store/fx-rates/fx-rates.ts';
import { lockInvoice, writeRevision } from '../store/invoices/invoices.ts';
import { divideLines, partRow } from '../store/invoices/lines-to-publish.ts';

const { invoiceIngested } = billingIngest;
/** When an invoice is published, and the currency to which its costs are converted. */
export type Publishing = { now: Temporal.Instant; billingCurrency: string };

export const publishingOf = ({ clock, config }: Pick<Context, 'clock' | 'config'>): Publishing => ({
  now: clock.now(),
  billingCurrency: config.billingCurrency,
});

type Head = Omit<EventData<typeof invoiceIngested>, 'lines'>;

/**
 * Publishes an invoice with its lines, unless the same content was published before: equal content is never a new revision.
 * The lines go from table to message within the database, in as many messages as they need.
 */
export async function publishInvoice(
  tx: Tx,
  invoiceUuid: string,
  { now, billingCurrency }: Publishing,
): Promise<'published' | 'unchanged'> {
  const invoice = await lockInvoice(tx.sql, invoiceUuid);
  if (invoice === undefined || invoice.reading_id === null) return 'unchanged';
  const { reading_id, status } = invoice;
  if (status === 'discovered' || status === 'refused') return 'unchanged';
  const difference = centsOf(invoice.unexplained_minor);
  const content: Omit<Head, 'revision' | 'part' | 'parts' | 'ingested_at'> = {
    provider: invoice.provider,
    period: invoice.period,
    invoice_uuid: invoice.invoice_uuid,
    invoice_number: invoice.invoice_number,
    status,
    currency: invoice.currency,
    amount_net_minor: centsOf(invoice.amount_net_minor),
    amount_tax_minor: centsOf(invoice.amount_tax_minor),
    amount_gross_minor: centsOf(invoice.amount_gross_minor),
    ...(difference === 0 ? {} : { difference_minor: difference }),
    fx: await fxRateOf(tx.sql, invoice, { billingCurrency }),
  };
  const { runs, hash: hashOfLines } = await divideLines(tx.sql, reading_id);
  const hash = contentHash({ ...content, lines: hashOfLines });
  if (hash === invoice.said_hash) return 'unchanged';
  const revision = invoice.revision + 1;
  await writeRevision(tx.sql, { invoiceUuid, revision, hash });
  const ingested_at = invoice.ingested_at ?? now.toString();
  for (const [index, run] of runs.entries()) {
    const head: Head = { ...content, revision, part: index + 1, parts: runs.length, ingested_at };
    const named = { ...head, lines: [] };
    const message = { key: invoiceIngested.key(named), subject: invoiceIngested.subject(named), head };
    await tx.publishFrom(invoiceIngested, partRow(message, reading_id, run));
  }
  return 'published';
}

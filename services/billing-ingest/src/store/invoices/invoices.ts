import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { FileFault } from '../../domain/invoices/invoice-line.ts';
import type { Tables } from '../schema.ts';

export type InvoiceRow = Selectable<Tables['cloud_invoices']>;

export const findInvoice = async (db: Kysely<Tables>, invoiceUuid: string): Promise<InvoiceRow | undefined> =>
  db.selectFrom('cloud_invoices').selectAll().where('invoice_uuid', '=', invoiceUuid).executeTakeFirst();

/** Locks the row of an invoice: only one transaction at a time changes an invoice and its lines. */
export const lockInvoice = async (db: Transaction<Tables>, invoiceUuid: string): Promise<InvoiceRow | undefined> =>
  db.selectFrom('cloud_invoices').selectAll().where('invoice_uuid', '=', invoiceUuid).forUpdate().executeTakeFirst();

export type DiscoveredInvoice = {
  invoice_uuid: string;
  invoice_number: string | null;
  period: string;
  amount: string;
};

/**
 * Stores invoices that the provider lists.
 * @returns the ones to fetch, in the given order: new ones, ones that are neither reconciled nor accepted (an error page in
 *   place of a file goes away by itself), and ones with a changed amount
 */
export async function upsertInvoices(
  db: Transaction<Tables>,
  found: readonly DiscoveredInvoice[],
  meta: { provider: string; currency: string; at: Temporal.Instant },
): Promise<string[]> {
  const { rows } = await sql<{ invoice_uuid: string }>`
    WITH listed AS (
      SELECT * FROM unnest(${found.map((each) => each.invoice_uuid)}::text[], ${found.map((each) => each.invoice_number)}::text[],
        ${found.map((each) => each.period)}::text[], ${found.map((each) => each.amount)}::numeric[])
        AS t(invoice_uuid, invoice_number, period, amount)
    )
    INSERT INTO cloud_invoices (invoice_uuid, provider, invoice_number, period, currency, status, header_amount, discovered_at)
    SELECT invoice_uuid, ${meta.provider}, invoice_number, period, ${meta.currency}, 'discovered', amount, ${meta.at.toString()}
    FROM listed ORDER BY invoice_uuid
    ON CONFLICT (invoice_uuid) DO UPDATE SET header_amount = excluded.header_amount,
      invoice_number = coalesce(excluded.invoice_number, cloud_invoices.invoice_number)
      WHERE cloud_invoices.status NOT IN ('reconciled', 'accepted') OR cloud_invoices.header_amount <> excluded.header_amount
    RETURNING invoice_uuid`.execute(db);
  const toFetch = new Set(rows.map(({ invoice_uuid }) => invoice_uuid));
  return found.map(({ invoice_uuid }) => invoice_uuid).filter((uuid) => toFetch.has(uuid));
}

/** Records why an invoice could not be read. The lines of an earlier reading stay; without one it becomes refused. */
export async function writeFaults(
  db: Transaction<Tables>,
  invoiceUuid: string,
  reading: { faults: readonly FileFault[]; header_amount: string; header_minor: number; evidence_id: string | null },
): Promise<void> {
  await sql`
    UPDATE cloud_invoices SET faults = ${JSON.stringify(reading.faults)}::jsonb, header_amount = ${reading.header_amount},
      header_minor = ${reading.header_minor}, evidence_id = coalesce(${reading.evidence_id}, evidence_id),
      unexplained_minor = coalesce(${reading.header_minor}::bigint - amount_gross_minor, 0),
      status = CASE WHEN status IN ('discovered', 'refused') THEN 'refused' ELSE 'unreconciled' END
    WHERE invoice_uuid = ${invoiceUuid}`.execute(db);
}

export type Ingested = Pick<
  InvoiceRow,
  'invoice_uuid' | 'header_amount' | 'currency' | 'status' | 'evidence_id' | 'reading_id'
> & {
  header_minor: number | null;
  csv_minor: number | null;
  items_minor: number | null;
  difference_minor: number | null;
  explained_minor: number;
  unexplained_minor: number;
  amount_net_minor: number;
  amount_tax_minor: number;
  amount_gross_minor: number;
  lines: number;
  faults: readonly FileFault[];
};

export async function storeIngested(db: Transaction<Tables>, invoice: Ingested, at: Temporal.Instant): Promise<void> {
  const { invoice_uuid, faults, ...values } = invoice;
  await db
    .updateTable('cloud_invoices')
    .set({
      ...values,
      header_minor: textOf(values.header_minor),
      csv_minor: textOf(values.csv_minor),
      items_minor: textOf(values.items_minor),
      difference_minor: textOf(values.difference_minor),
      explained_minor: String(values.explained_minor),
      unexplained_minor: String(values.unexplained_minor),
      amount_net_minor: String(values.amount_net_minor),
      amount_tax_minor: String(values.amount_tax_minor),
      amount_gross_minor: String(values.amount_gross_minor),
      faults: JSON.stringify(faults),
      ingested_at: at.toString(),
      ingest_count: sql<number>`ingest_count + 1`,
    })
    .where('invoice_uuid', '=', invoice_uuid)
    .execute();
}

/** Records that an operator accepted the difference of an invoice, whose lines now have these sums. */
export async function writeAccepted(
  db: Transaction<Tables>,
  accepted: { invoice_uuid: string; lines: number; net_minor: number; tax_minor: number },
): Promise<void> {
  await sql`
    UPDATE cloud_invoices SET status = 'accepted', lines = ${accepted.lines}, amount_net_minor = ${accepted.net_minor},
      amount_tax_minor = ${accepted.tax_minor}, amount_gross_minor = ${accepted.net_minor + accepted.tax_minor}, unexplained_minor = 0
    WHERE invoice_uuid = ${accepted.invoice_uuid}`.execute(db);
}

const textOf = (minor: number | null): string | null => (minor === null ? null : String(minor));

export async function updateMatched(
  db: Transaction<Tables>,
  invoice: { invoice_uuid: string; reading_id: string },
): Promise<void> {
  await sql`
    UPDATE cloud_invoices SET matched = (
      SELECT count(*) FROM cloud_cost_lines WHERE reading_id = ${invoice.reading_id} AND resource_id IS NOT NULL
    ) WHERE invoice_uuid = ${invoice.invoice_uuid}`.execute(db);
}

/** The ingested invoices from one period to another, inclusive; `to: null` means all later ones. */
export async function ingestedInvoices(
  db: Kysely<Tables>,
  periods: { from: string; to: string | null },
): Promise<string[]> {
  const { rows } = await sql<{ invoice_uuid: string }>`
    SELECT invoice_uuid FROM cloud_invoices
    WHERE revision > 0 AND period >= ${periods.from} AND (${periods.to}::text IS NULL OR period <= ${periods.to})
    ORDER BY period DESC, invoice_uuid`.execute(db);
  return rows.map(({ invoice_uuid }) => invoice_uuid);
}

/** Those of the given invoices that are not stored. */
export async function unknownInvoices(db: Kysely<Tables>, uuids: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql<{ uuid: string }>`
    SELECT uuid FROM unnest(${[...uuids]}::text[]) AS t(uuid)
    WHERE NOT EXISTS (SELECT 1 FROM cloud_invoices WHERE invoice_uuid = uuid)`.execute(db);
  return new Set(rows.map(({ uuid }) => uuid));
}

/** Takes invoices off readings whose lines are not stored whole, as after a restore. Returns the invoices. */
export async function detachLostReadings(db: Transaction<Tables>): Promise<string[]> {
  const { rows } = await sql<{ invoice_uuid: string }>`
    UPDATE cloud_invoices AS i SET reading_id = NULL
    WHERE reading_id IS NOT NULL AND (i.lines, coalesce(i.amount_gross_minor, 0)) <> (
      SELECT count(*)::int, coalesce(sum(amount_minor), 0)::bigint FROM cloud_cost_lines AS l WHERE l.reading_id = i.reading_id)
    RETURNING invoice_uuid`.execute(db);
  return rows.map(({ invoice_uuid }) => invoice_uuid);
}

/** Deletes lines of readings that no invoice refers to: their process ended before it settled the invoice. */
export async function deleteAbandonedLines(db: Kysely<Tables>): Promise<void> {
  const current = sql`SELECT reading_id FROM cloud_invoices WHERE reading_id IS NOT NULL`;
  await sql`DELETE FROM cloud_cost_lines WHERE reading_id NOT IN (${current})`.execute(db);
}

/** Records the revision of an invoice that is being published, and the hash of its content. */
export async function writeRevision(
  db: Transaction<Tables>,
  published: { invoiceUuid: string; revision: number; hash: string },
): Promise<void> {
  await sql`
    UPDATE cloud_invoices SET revision = ${published.revision}, said_hash = ${published.hash}
    WHERE invoice_uuid = ${published.invoiceUuid}`.execute(db);
}

/** Records that the finance system has taken the cost of an invoice under an id. */
export async function writePushed(
  db: Kysely<Tables>,
  pushed: { invoiceUuid: string; financeId: string; hash: string; at: Temporal.Instant },
): Promise<void> {
  await sql`
    UPDATE cloud_invoices SET finance_invoice_id = ${pushed.financeId}, pushed_to_finance_at = ${pushed.at.toString()},
      pushed_hash = ${pushed.hash}
    WHERE invoice_uuid = ${pushed.invoiceUuid}`.execute(db);
}

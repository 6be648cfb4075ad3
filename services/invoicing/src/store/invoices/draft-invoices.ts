import { nameUuid, type Period, periodInterval } from '@arcadia/contracts';
import { steady } from '@arcadia/platform';
import { type RawBuilder, sql } from 'kysely';
import type { Customer, Supplier } from '../../domain/invoices/party.ts';
import { keptInput } from '../../domain/rating/kept-input.ts';
import type { Rating, RatingInput } from '../../domain/rating/rate.ts';
import type { RatedLine } from '../../domain/rating/rated-line.ts';
import type { PrepaidDraw } from '../../domain/rating/terms.ts';
import type { Db, InvoiceRow } from '../schema.ts';
import { deploymentName } from '../tenants/deployments.ts';
import type { InvoiceLineRow } from './invoice-line-row.ts';

export type NewInvoice = {
  invoiceId: string;
  tenantId: string;
  period: Period;
  closeRevision: number;
  factsHash: string | null;
  issueAt: Temporal.Instant;
  rating: Rating;
  input: RatingInput;
  customer: Customer;
  supplier: Supplier;
  withoutBillReason: string | null;
};

/** An invoice with its lines as they are published when it is issued. */
export type Draft = {
  invoice: Pick<
    InvoiceRow,
    | 'invoice_id'
    | 'tenant_id'
    | 'period'
    | 'period_start'
    | 'period_end'
    | 'currency'
    | 'subtotal_cents'
    | 'tax_cents'
    | 'total_cents'
    | 'close_revision'
    | 'rating_version'
    | 'input_hash'
    | 'output_hash'
    | 'facts_hash'
  >;
  lines: InvoiceLineRow[];
  /** What it draws of prepaid credit. */
  prepaid: PrepaidDraw[];
};

/** An invoice as it is to be written. */
export const newDraft = ({ rating, ...given }: NewInvoice): Draft => {
  const { start, end } = periodInterval(given.period);
  const invoice = {
    invoice_id: given.invoiceId,
    tenant_id: given.tenantId,
    period: given.period,
    period_start: start.toString(),
    period_end: end.toString(),
    currency: rating.currency,
    subtotal_cents: String(rating.subtotal_cents),
    tax_cents: String(rating.tax_cents),
    total_cents: String(rating.total_cents),
    close_revision: given.closeRevision,
    rating_version: rating.rating_version,
    input_hash: rating.input_hash,
    output_hash: rating.output_hash,
    facts_hash: given.factsHash,
  };
  return { invoice, lines: rowsOf(given.invoiceId, rating.lines), prepaid: rating.prepaid ?? [] };
};

/**
 * Writes an invoice as a draft, with its lines.
 * @param text JSON of an object with the `lines` as they are published, which `numberedEvent` publishes in the same transaction
 */
export const insertDraftInvoice = async (
  db: Db,
  { rating, input, ...given }: NewInvoice,
  { draft, text }: { draft: Draft; text: string },
): Promise<void> => {
  const { invoice, lines } = draft;
  const deploymentIds = [...new Set(lines.flatMap(({ deployment_id: id }) => (id === null ? [] : [id])))];
  const papers = {
    is_tax_inclusive: input.tax.is_inclusive,
    issue_at: given.issueAt.toString(),
    unrated: rating.unrated,
    customer: given.customer,
    supplier: given.supplier,
    without_bill_reason: given.withoutBillReason,
  };
  // The lateral limit keeps Postgres from reading every deployment.
  await sql`${steady}
    WITH invoice AS (
      INSERT INTO tenant_invoices (status, input, deployment_names, ${sql.raw(invoiceColumns.join(', '))})
      SELECT 'draft', ${JSON.stringify(keptInput(input))}::json, (
        SELECT json_object_agg(d.deployment_id, ${deploymentName} ORDER BY d.deployment_id) FROM unnest(${deploymentIds}::uuid[]) AS billed(id)
        CROSS JOIN LATERAL (SELECT * FROM deployments WHERE deployment_id = billed.id LIMIT 1) AS d), ${sql.raw(invoiceColumns.join(', '))}
      FROM json_populate_record(NULL::tenant_invoices, ${JSON.stringify({ ...invoice, ...papers })}::json)
    )
    ${insertLines(lines, sql`set_config('arcadia.invoice', ${text}, true)`)}`.execute(db);
};

/**
 * The event with whose text a draft was written in this transaction, now with its number; a query for `publishFrom`. So the text is sent to
 * the database once, although its lines are stored and published.
 */
export const numberedEvent = (event: { invoiceId: string; subject: string; number: string }) => sql`
  SELECT ${event.invoiceId}::text AS key, ${event.subject}::text AS subject,
    replace(current_setting('arcadia.invoice'), ${`"number":${JSON.stringify(event.invoiceId)}`}, ${`"number":${JSON.stringify(event.number)}`}) AS data`;

/** @param text JSON of an object with the `lines` as they are published */
export const insertLines = (lines: readonly InvoiceLineRow[], text: RawBuilder<unknown>) => sql`
    INSERT INTO tenant_invoice_lines (invoice_id, position, line_id, line_key, kind, deployment_id, resource_kind, description, qty, unit,
      unit_price_cents, amount_cents, meta, adjusts_period, adjusts_key)
    SELECT ${lines[0]?.invoice_id ?? null}::uuid, position, line_id, line_key, kind, deployment_id, resource_kind, description, qty, unit,
      unit_price_cents, amount_cents, meta, adjusts_period, adjusts_key
    FROM ROWS FROM (
      json_to_recordset(${text}::json -> 'lines') AS (line_id uuid, kind text, deployment_id uuid, resource_kind text, description text,
        qty numeric, unit text, unit_price_cents numeric, amount_cents bigint, meta json),
      unnest(${lines.map(({ line_key }) => line_key)}::text[], ${lines.map(({ adjusts_period }) => adjusts_period)}::text[],
        ${lines.map(({ adjusts_key }) => adjusts_key)}::text[])
    ) WITH ORDINALITY AS t(line_id, kind, deployment_id, resource_kind, description, qty, unit, unit_price_cents, amount_cents, meta,
      line_key, adjusts_period, adjusts_key, position)`;

const invoiceColumns = [
  'invoice_id',
  'tenant_id',
  'period',
  'period_start',
  'period_end',
  'currency',
  'subtotal_cents',
  'tax_cents',
  'total_cents',
  'close_revision',
  'rating_version',
  'input_hash',
  'output_hash',
  'facts_hash',
  'is_tax_inclusive',
  'issue_at',
  'unrated',
  'customer',
  'supplier',
  'without_bill_reason',
] as const;

export const rowsOf = (invoiceId: string, lines: readonly RatedLine[]): Draft['lines'] =>
  lines.map(({ key, meta, amount_cents, ...line }, index) => ({
    ...line,
    invoice_id: invoiceId,
    position: index + 1,
    line_id: nameUuid('invoice-line', invoiceId, key),
    line_key: key,
    amount_cents: String(amount_cents),
    meta,
    adjusts_period: (meta.adjusts_period ?? null) as string | null,
    adjusts_key: (meta.adjusts_key ?? null) as string | null,
  }));

import { canonicalDecimal, nameUuid, type Period, periodInterval } from '@arcadia/contracts';
import { compressJson, steady, textLines, unawaited } from '@arcadia/platform';
import { sql } from 'kysely';
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

/** Writes an invoice as a draft, with its lines, before the next statement of the transaction. */
export const insertDraftInvoice = async (
  db: Db,
  { rating, input, ...given }: NewInvoice,
  { draft, isCompressed }: { draft: Draft; isCompressed: boolean },
): Promise<void> => {
  const { invoice, lines } = draft;
  const kept = JSON.stringify(keptInput(input));
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
      SELECT 'draft', ${isCompressed ? compressJson(kept) : kept}::json, (
        SELECT json_object_agg(d.deployment_id, ${deploymentName} ORDER BY d.deployment_id) FROM unnest(${deploymentIds}::uuid[]) AS billed(id)
        CROSS JOIN LATERAL (SELECT * FROM deployments WHERE deployment_id = billed.id LIMIT 1) AS d), ${sql.raw(invoiceColumns.join(', '))}
      FROM json_populate_record(NULL::tenant_invoices, ${JSON.stringify({ ...invoice, ...papers })}::json)
    )
    ${insertLines(lines)}${unawaited}`.execute(db);
};

export const insertLines = (lines: readonly InvoiceLineRow[]) => {
  const column = <T>(pick: (line: InvoiceLineRow) => T) => lines.map(pick);
  return sql`
    INSERT INTO tenant_invoice_lines (invoice_id, position, line_id, line_key, kind, deployment_id, resource_kind, description, qty, unit,
      unit_price_cents, amount_cents, meta, adjusts_period, adjusts_key)
    SELECT ${lines[0]?.invoice_id ?? null}::uuid, position, line_id::uuid, line_key, kind, deployment_id::uuid, resource_kind, description,
      qty::numeric, unit, unit_price_cents::numeric, amount_cents::bigint, meta::json, adjusts_period, adjusts_key
    FROM ROWS FROM (
      ${textLines(column(({ line_id }) => line_id))}, ${textLines(column(({ kind }) => kind))},
      ${textLines(column(({ deployment_id }) => deployment_id))}, ${textLines(column(({ resource_kind }) => resource_kind))},
      ${textLines(column(({ qty }) => canonicalDecimal(qty)))}, ${textLines(column(({ unit_price_cents: cents }) => canonicalDecimal(cents)))},
      ${textLines(column(({ amount_cents }) => amount_cents))}, ${textLines(column(({ meta }) => JSON.stringify(meta)))},
      ${textLines(column(({ adjusts_period }) => adjusts_period))},
      unnest(${column(({ line_key }) => line_key)}::text[], ${column(({ description }) => description)}::text[],
        ${column(({ unit }) => unit)}::text[], ${column(({ adjusts_key }) => adjusts_key)}::text[])
    ) WITH ORDINALITY AS t(line_id, kind, deployment_id, resource_kind, qty, unit_price_cents, amount_cents, meta, adjusts_period,
      line_key, description, unit, adjusts_key, position)`;
};

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

import type { Json } from '@arcadia/contracts';
import { type RawBuilder, sql } from 'kysely';
import type { LineKind } from '../../domain/rating/rated-line.ts';
import type { Db } from '../schema.ts';
import { deploymentName } from '../tenants/deployments.ts';

/** A line of an issued invoice or of a credit note, with the names on its document; amounts of credit notes are negative. */
export type ChargedLine = {
  document_id: string;
  /** Place in the document; the tax of a credit note comes last. */
  position: number;
  document: 'invoice' | 'credit_note';
  number: string;
  tenant_id: string;
  customer_name: string;
  supplier_name: string;
  currency: string;
  /** The month of the document. */
  period: string;
  /** Month in which a credit note was issued; the invoice's own month. */
  billed_in: string;
  line_id: string;
  kind: LineKind;
  deployment_id: string | null;
  deployment_name: string | null;
  resource_kind: string | null;
  description: string;
  qty: string;
  unit: string;
  /** The price of one unit, in minor units; null for a credit note. */
  unit_price_cents: string | null;
  amount_cents: string;
  adjusts_period: string | null;
  line_key: string;
  /** The terms that priced it. */
  meta: Readonly<Record<string, Json>>;
};

type Filter = { period: string | null; tenantId: string | null };
type After = { document_id: string; position: number } | null;
type Page = { filter: Filter; after: After; limit: number };

const isWanted = ({ period, tenantId }: Filter) =>
  sql`(${period}::text IS NULL OR doc.period = ${period}) AND (${tenantId}::text IS NULL OR doc.tenant_id = ${tenantId})`;

/** Within the document after which a page begins, the lines after its last; as a comparison with a number it is a place in the index. */
const isAfter = (after: After, id: RawBuilder<unknown>) =>
  after === null
    ? sql`true`
    : sql`l.position > CASE WHEN ${id} = ${after.document_id}::uuid THEN ${after.position}::int ELSE -1 END`;
const isFrom = (after: After, id: RawBuilder<unknown>) =>
  after === null ? sql`true` : sql`${id} >= ${after.document_id}::uuid`;

/** Lines of issued invoices. The tax line of a tax that prices include is a part of the other lines, so it is left out. */
const invoiceLines = async (db: Db, { filter, after, limit }: Page): Promise<ChargedLine[]> => {
  const id = sql`doc.invoice_id`;
  const { rows } = await sql<ChargedLine>`
    SELECT doc.invoice_id AS document_id, l.position, doc.number, doc.tenant_id, doc.customer ->> 'name' AS customer_name,
      doc.supplier ->> 'name' AS supplier_name, doc.currency, doc.period, doc.period AS billed_in, l.line_id, l.kind, l.deployment_id,
      ${deploymentName} AS deployment_name, l.resource_kind, l.description, trim_scale(l.qty)::text AS qty, l.unit,
      trim_scale(l.unit_price_cents)::text AS unit_price_cents, l.amount_cents::text AS amount_cents, l.adjusts_period, l.line_key, l.meta,
      'invoice' AS document
    FROM tenant_invoices doc
    CROSS JOIN LATERAL (
      SELECT * FROM tenant_invoice_lines l WHERE l.invoice_id = doc.invoice_id AND NOT (l.kind = 'tax' AND doc.is_tax_inclusive)
        AND ${isAfter(after, id)} ORDER BY l.position LIMIT ${limit}
    ) AS l
    LEFT JOIN deployments d ON d.deployment_id = l.deployment_id
    WHERE doc.status IN ('issued', 'paid') AND ${isFrom(after, id)} AND ${isWanted(filter)}
    ORDER BY doc.invoice_id, l.position LIMIT ${limit}`.execute(db);
  return rows;
};

/** Lines of credit notes with their tax, as what they take away; their sum is the total of the note. */
const creditLines = async (db: Db, { filter, after, limit }: Page): Promise<ChargedLine[]> => {
  const id = sql`doc.credit_note_id`;
  const { rows } = await sql<ChargedLine>`
    SELECT doc.credit_note_id AS document_id, l.position, doc.number, doc.tenant_id,
      coalesce(doc.customer, i.customer) ->> 'name' AS customer_name, coalesce(doc.supplier, i.supplier) ->> 'name' AS supplier_name,
      doc.currency, doc.period, to_char(doc.issued_at AT TIME ZONE 'UTC', 'YYYY-MM') AS billed_in, l.line_id, l.kind, l.deployment_id,
      ${deploymentName} AS deployment_name, l.resource_kind, l.description, '1' AS qty, 'credit' AS unit,
      NULL AS unit_price_cents, (-l.amount_cents)::text AS amount_cents, doc.period AS adjusts_period, '' AS line_key, '{}'::json AS meta, 'credit_note' AS document
    FROM credit_notes doc
    LEFT JOIN tenant_invoices i ON i.invoice_id = doc.invoice_id
    CROSS JOIN LATERAL (
      SELECT * FROM (
        SELECT position, line_id, 'adjustment' AS kind, deployment_id, resource_kind, description, amount_cents
        FROM credit_note_lines WHERE credit_note_id = doc.credit_note_id
        UNION ALL
        SELECT ${lastPosition}, doc.credit_note_id, 'tax', NULL, NULL, 'Tax', doc.total_cents - sum(amount_cents)
        FROM credit_note_lines WHERE credit_note_id = doc.credit_note_id HAVING sum(amount_cents) <> doc.total_cents
      ) AS l WHERE ${isAfter(after, id)} ORDER BY l.position LIMIT ${limit}
    ) AS l
    LEFT JOIN deployments d ON d.deployment_id = l.deployment_id
    WHERE ${isFrom(after, id)} AND ${isWanted(filter)}
    ORDER BY doc.credit_note_id, l.position LIMIT ${limit}`.execute(db);
  return rows;
};

/** The tax of a credit note comes after its lines. */
const lastPosition = 2_147_483_647;

async function* allPages(read: (page: Page) => Promise<ChargedLine[]>, filter: Filter): AsyncGenerator<ChargedLine[]> {
  const limit = 1000;
  for (let after: After = null; ; ) {
    const lines = await read({ filter, after, limit });
    if (lines.length > 0) yield lines;
    after = lines.at(-1) ?? null;
    if (after === null || lines.length < limit) return;
  }
}

/** Yields the lines of all issued invoices and then those of credit notes, a thousand at a time. */
export async function* chargedLines(db: Db, filter: Filter): AsyncGenerator<ChargedLine[]> {
  yield* allPages((page) => invoiceLines(db, page), filter);
  yield* allPages((page) => creditLines(db, page), filter);
}

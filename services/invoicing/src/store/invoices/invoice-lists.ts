import { type SortColumn, type Sorting, sortedBy } from '@arcadia/platform';
import { sql } from 'kysely';
import type { Db, InvoiceRow } from '../schema.ts';
import { appliedCents } from './credit-applications.ts';
import { dueCents, paidCents } from './payments.ts';

export type ListedInvoice = Omit<InvoiceRow, 'customer' | 'supplier'> & {
  credited_cents: string;
  applied_credit_cents: string;
  paid_cents: string;
  /** Id of the void invoice that it replaces. */
  replaces: string | null;
};

const creditedCents = sql`coalesce((SELECT sum(c.total_cents) FROM credit_notes c WHERE c.invoice_id = i.invoice_id), 0)::text AS credited_cents`;

const sortId = { column: sql`i.invoice_id`, type: 'uuid' } as const;
const sortColumns = {
  period: { value: sql`i.period`, type: 'text' },
  number: { value: sql`coalesce(i.number, '')`, type: 'text' },
  due_on: { value: sql`coalesce(i.due_on, 'infinity')`, type: 'date' },
  total_cents: { value: sql`i.total_cents`, type: 'bigint' },
  tenant_id: { value: sql`i.tenant_id`, type: 'text' },
} as const satisfies Record<string, SortColumn>;

/** Invoices, newest period first unless sorted otherwise; one row above the limit. */
export const pageOfInvoices = async (
  db: Db,
  page: {
    tenantId: string | null;
    period: string | null;
    number: string | null;
    /** Part of its number, tenant, customer or of the name of a billed deployment. */
    text: string | null;
    status: string | null;
    overdueOn: string | null;
    after: readonly [period: string, invoiceId: string] | null;
    sorting: Sorting<keyof typeof sortColumns> | null;
    limit: number;
  },
): Promise<(ListedInvoice & { sort_key: string | null })[]> => {
  const sorted = page.sorting === null ? null : sortedBy(sortColumns[page.sorting.key], sortId, page.sorting);
  const after =
    page.after === null ? sql`true` : sql`(i.period, i.invoice_id) < (${page.after[0]}, ${page.after[1]}::uuid)`;
  const overdue =
    page.overdueOn === null
      ? sql`true`
      : sql`i.status = 'issued' AND i.due_on < ${page.overdueOn}::date AND ${dueCents} > 0`;
  const { rows } = await sql<ListedInvoice & { sort_key: string | null }>`
    SELECT i.invoice_id, i.tenant_id, i.period, i.period_start, i.period_end, i.status, i.number, i.currency, i.is_tax_inclusive, i.subtotal_cents,
      i.tax_cents, i.total_cents, i.issue_at, i.issued_at, i.due_on, i.close_revision, i.rating_version, i.input_hash, i.output_hash, i.facts_hash, i.paid_at,
      i.payment_reference, i.voided_at, i.void_reason, i.replaced_by, i.overdue_at, i.finance_invoice_id, i.pushed_to_finance_at,
      i.without_bill_reason, ${creditedCents},
      (${appliedCents})::text AS applied_credit_cents, (${paidCents})::text AS paid_cents,
      (SELECT p.invoice_id FROM tenant_invoices p WHERE p.replaced_by = i.invoice_id ORDER BY p.voided_at DESC, p.invoice_id LIMIT 1) AS replaces,
      ${sorted?.key ?? sql`NULL`} AS sort_key
    FROM tenant_invoices i
    WHERE (${page.tenantId}::text IS NULL OR i.tenant_id = ${page.tenantId}) AND (${page.period}::text IS NULL OR i.period = ${page.period})
      AND (${page.number}::text IS NULL OR i.number = upper(${page.number}))
      AND (${page.text}::text IS NULL OR strpos(lower(concat_ws(' ', i.number, i.tenant_id, i.customer->>'name')), lower(${page.text})) > 0
        OR EXISTS (SELECT FROM json_each_text(i.deployment_names) AS d(id, name) WHERE strpos(lower(d.name), lower(${page.text})) > 0))
      AND (${page.status}::text IS NULL OR i.status = ${page.status}) AND ${overdue} AND ${sorted?.page ?? after}
    ORDER BY ${sorted?.order ?? sql`i.period DESC, i.invoice_id DESC`} LIMIT ${page.limit + 1}`.execute(db);
  return rows;
};

export const creditedOn = async (
  db: Db,
  invoiceId: string,
): Promise<{ net_cents: number; tax_cents: number; total_cents: number }> => {
  const { rows } = await sql<{
    net: string;
    tax: string;
    total: string;
  }>`SELECT coalesce(sum(net_cents), 0) AS net, coalesce(sum(tax_cents), 0) AS tax,
    coalesce(sum(total_cents), 0) AS total FROM credit_notes WHERE invoice_id = ${invoiceId}`.execute(db);
  return {
    net_cents: Number(rows[0]?.net ?? 0),
    tax_cents: Number(rows[0]?.tax ?? 0),
    total_cents: Number(rows[0]?.total ?? 0),
  };
};

/** The numbers of invoices by their ids; a draft has none. */
export const numbersOf = async (db: Db, invoiceIds: readonly string[]): Promise<Map<string, string>> => {
  const { rows } = await sql<{ invoice_id: string; number: string }>`SELECT invoice_id, number FROM tenant_invoices
    WHERE invoice_id = ANY(${invoiceIds}::uuid[]) AND number IS NOT NULL`.execute(db);
  return new Map(rows.map(({ invoice_id, number }) => [invoice_id, number]));
};

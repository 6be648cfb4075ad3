import { type SortColumn, type Sorting, sortedBy } from '@arcadia/platform';
import { sql } from 'kysely';
import { dueCents } from '../invoices/payments.ts';
import type { Db } from '../schema.ts';

/** Amounts are in the minor units of the tenant's currency, as text. `name` and `currency` are null without a billing profile. */
export type TenantAccountRow = DueByAge & {
  tenant_id: string;
  name: string | null;
  currency: string | null;
  deployments: number;
  invoices: number;
  outstanding_cents: string;
  overdue_cents: string;
  overdue_invoices: number;
  balance_cents: string;
};

/** A document that changed the balance of a tenant. */
export type StatementRow = {
  kind: 'invoice' | 'void' | 'credit_note' | 'payment' | 'refund';
  /** The order of entries of one instant: an invoice precedes what concerns it. */
  rank: number;
  at: string;
  document_id: string;
  /** Null: of a credit note without an invoice. */
  invoice_id: string | null;
  number: string;
  period: string;
  due_on: string | null;
  detail: string | null;
  amount_cents: string;
  balance_cents: string;
};

/** Lower bounds of the ages of what is due, in days after its last day for payment. */
const agesFrom = {
  not_due_cents: null,
  days_1_to_30_cents: 1,
  days_31_to_60_cents: 31,
  days_61_to_90_cents: 61,
  over_90_days_cents: 91,
};

export type DueByAge = Record<keyof typeof agesFrom, string>;

/** The sums of what is due on issued invoices `i`, by how many days before `today` (UTC) they were due. */
const sumsByAge = (today: string) => {
  const age = sql`(${today}::date - i.due_on)`;
  const sums = Object.entries(agesFrom).map(([name, from], index, all) => {
    const until = all[index + 1]?.[1] ?? null;
    const within = sql`${from === null ? sql`true` : sql`${age} >= ${from}`} AND ${until === null ? sql`true` : sql`${age} < ${until}`}`;
    return sql`coalesce(sum(greatest(${dueCents}, 0)) FILTER (WHERE i.status = 'issued' AND ${within}), 0)::text AS ${sql.id(name)}`;
  });
  return sql.join(sums);
};

/** The amounts due from all tenants, by currency. */
export const receivablesByAge = async (
  db: Db,
  today: string,
): Promise<(DueByAge & { currency: string; tenants: number; invoices: number; total_cents: string })[]> => {
  const { rows } = await sql<DueByAge & { currency: string; tenants: number; invoices: number; total_cents: string }>`
    SELECT i.currency, count(DISTINCT i.tenant_id)::int AS tenants, count(*)::int AS invoices, sum(${dueCents})::text AS total_cents, ${sumsByAge(today)}
    FROM tenant_invoices i WHERE i.status = 'issued' AND ${dueCents} > 0
    GROUP BY i.currency ORDER BY i.currency`.execute(db);
  return rows;
};

const sortId = { column: sql`k.tenant_id`, type: 'text' } as const;
const sortColumns = {
  tenant_id: { value: sql`k.tenant_id`, type: 'text' },
  name: { value: sql`lower(coalesce(p.name, k.tenant_id))`, type: 'text' },
  outstanding_cents: { value: sql`coalesce(o.outstanding_cents, 0)`, type: 'bigint' },
  overdue_cents: { value: sql`coalesce(o.overdue_cents, 0)`, type: 'bigint' },
  balance_cents: { value: sql`coalesce(o.outstanding_cents, 0) - coalesce(c.open_cents, 0)`, type: 'bigint' },
} as const satisfies Record<string, SortColumn>;

/** Tenants by id, each with what it owes; one row above the limit. `today` (UTC) decides what is overdue. */
export const pageOfTenants = async (
  db: Db,
  page: {
    tenantId: string | null;
    q: string | null;
    isOverdue: boolean | null;
    today: string;
    after: string | null;
    sorting: Sorting<keyof typeof sortColumns> | null;
    limit: number;
  },
): Promise<(TenantAccountRow & { sort_key: string | null })[]> => {
  const sorted = page.sorting === null ? null : sortedBy(sortColumns[page.sorting.key], sortId, page.sorting);
  const { rows } = await sql<TenantAccountRow & { sort_key: string | null }>`
    WITH owed AS (
      SELECT i.tenant_id, count(*) FILTER (WHERE i.status <> 'void')::int AS invoices,
        coalesce(sum(${dueCents}) FILTER (WHERE i.status = 'issued'), 0) AS outstanding_cents,
        coalesce(sum(${dueCents}) FILTER (WHERE i.status = 'issued' AND i.due_on < ${page.today}::date), 0) AS overdue_cents,
        count(*) FILTER (WHERE i.status = 'issued' AND i.due_on < ${page.today}::date AND ${dueCents} > 0)::int AS overdue_invoices,
        ${sumsByAge(page.today)}
      FROM tenant_invoices i WHERE i.number IS NOT NULL AND (${page.tenantId}::text IS NULL OR i.tenant_id = ${page.tenantId})
      GROUP BY i.tenant_id
    ), credit AS (
      SELECT tenant_id, sum(open_cents) AS open_cents FROM credit_notes
      WHERE ${page.tenantId}::text IS NULL OR tenant_id = ${page.tenantId} GROUP BY tenant_id
    )
    SELECT k.tenant_id, p.name, p.currency,
      (SELECT count(*)::int FROM deployments d WHERE d.tenant_id = k.tenant_id AND d.state <> 'archived') AS deployments,
      coalesce(o.invoices, 0) AS invoices, coalesce(o.outstanding_cents, 0)::text AS outstanding_cents,
      coalesce(o.overdue_cents, 0)::text AS overdue_cents, coalesce(o.overdue_invoices, 0) AS overdue_invoices,
      ${sql.join(Object.keys(agesFrom).map((name) => sql`coalesce(o.${sql.id(name)}, '0') AS ${sql.id(name)}`))},
      (coalesce(o.outstanding_cents, 0) - coalesce(c.open_cents, 0))::text AS balance_cents, ${sorted?.key ?? sql`NULL`} AS sort_key
    FROM tenants k LEFT JOIN billing_profiles p USING (tenant_id) LEFT JOIN owed o USING (tenant_id) LEFT JOIN credit c USING (tenant_id)
    WHERE (${page.tenantId}::text IS NULL OR k.tenant_id = ${page.tenantId})
      AND (${page.q}::text IS NULL OR strpos(lower(k.tenant_id || ' ' || coalesce(p.name, '')), lower(${page.q})) > 0)
      AND (${page.isOverdue}::boolean IS NULL OR (coalesce(o.overdue_invoices, 0) > 0) = ${page.isOverdue})
      AND (${page.after}::text IS NULL OR k.tenant_id > ${page.after}) AND ${sorted?.page ?? sql`true`}
    ORDER BY ${sorted?.order ?? sql`k.tenant_id`} LIMIT ${page.limit + 1}`.execute(db);
  return rows;
};

/** The documents and payments that changed a tenant's balance. */
const entriesOf = (
  tenantId: string,
) => sql`SELECT 'invoice' AS kind, 1 AS rank, i.issued_at AS at, i.invoice_id AS document_id, i.invoice_id, i.number, i.period, i.due_on,
        NULL AS detail, i.total_cents AS amount_cents
      FROM tenant_invoices i WHERE i.tenant_id = ${tenantId} AND i.number IS NOT NULL
      UNION ALL
      SELECT 'void', 2, i.voided_at, i.invoice_id, i.invoice_id, i.number, i.period, NULL, i.void_reason, -i.total_cents
      FROM tenant_invoices i WHERE i.tenant_id = ${tenantId} AND i.number IS NOT NULL AND i.status = 'void'
      UNION ALL
      SELECT 'credit_note', 3, c.issued_at, c.credit_note_id, c.invoice_id, c.number, c.period, NULL, c.reason, -c.total_cents
      FROM credit_notes c WHERE c.tenant_id = ${tenantId}
      UNION ALL
      SELECT 'payment', 4, p.paid_at, p.payment_id, i.invoice_id, i.number, i.period, NULL, p.reference, -p.amount_cents
      FROM payments p JOIN tenant_invoices i USING (invoice_id) WHERE p.tenant_id = ${tenantId}
      UNION ALL
      SELECT 'payment', 4, i.issued_at, d.credit_id, i.invoice_id, i.number, i.period, NULL, 'Prepaid credit', -d.amount_cents
      FROM prepaid_draws d JOIN tenant_invoices i USING (invoice_id)
      WHERE d.is_paid AND i.tenant_id = ${tenantId} AND i.number IS NOT NULL
      UNION ALL
      SELECT 'refund', 5, c.refunded_at, c.credit_note_id, c.invoice_id, c.number, c.period, NULL, c.refund_reference, c.refunded_cents
      FROM credit_notes c WHERE c.tenant_id = ${tenantId} AND c.refunded_at IS NOT NULL`;

/** The entries on a tenant's account, newest first, each with the balance after it; one row above the limit. */
export const pageOfStatement = async (
  db: Db,
  page: {
    tenantId: string;
    after: readonly [at: string, rank: string, documentId: string] | null;
    limit: number;
  },
): Promise<StatementRow[]> => {
  const before =
    page.after === null
      ? sql`true`
      : sql`(at, rank, document_id) < (${page.after[0]}::timestamptz, ${page.after[1]}::int, ${page.after[2]}::uuid)`;
  const { rows } = await sql<StatementRow>`
    WITH entries AS (
      ${entriesOf(page.tenantId)}
    ), running AS (
      SELECT *, sum(amount_cents) OVER (ORDER BY at, rank, document_id) AS balance_cents FROM entries
    )
    SELECT kind, rank, at, document_id, invoice_id, number, period, due_on, detail, amount_cents::text, balance_cents::text
    FROM running WHERE ${before} ORDER BY at DESC, rank DESC, document_id DESC LIMIT ${page.limit + 1}`.execute(db);
  return rows;
};

/** The balance of a tenant before a day. */
export const balanceBefore = async (db: Db, tenantId: string, day: string): Promise<number> => {
  const { rows } = await sql<{ balance: string }>`SELECT coalesce(sum(amount_cents), 0)::text AS balance
    FROM (${entriesOf(tenantId)}) AS e WHERE at < ${`${day}T00:00:00Z`}::timestamptz`.execute(db);
  return Number(rows[0]?.balance ?? 0);
};

/** The entries on a tenant's account from a day until before another, oldest first; one above the limit. */
export const entriesBetween = async (
  db: Db,
  span: { tenantId: string; from: string; until: string; limit: number },
): Promise<Omit<StatementRow, 'balance_cents'>[]> => {
  const { rows } = await sql<Omit<StatementRow, 'balance_cents'>>`
    SELECT kind, rank, at, document_id, invoice_id, number, period, due_on, detail, amount_cents::text FROM (${entriesOf(span.tenantId)}) AS e
    WHERE at >= ${`${span.from}T00:00:00Z`}::timestamptz AND at < ${`${span.until}T00:00:00Z`}::timestamptz
    ORDER BY at, rank, document_id LIMIT ${span.limit + 1}`.execute(db);
  return rows;
};

/** The amount that was due before a day on each invoice that was not paid then, and how many days it was overdue. */
export const dueBefore = async (
  db: Db,
  tenantId: string,
  day: string,
): Promise<{ due_cents: number; due_on: string; overdue_days: number }[]> => {
  const { rows } = await sql<{ due_cents: string; due_on: string; overdue_days: number }>`
    WITH at AS (SELECT ${`${day}T00:00:00Z`}::timestamptz AS end)
    SELECT (i.total_cents - coalesce((SELECT sum(a.amount_cents) FROM credit_applications a
      WHERE a.invoice_id = i.invoice_id AND a.applied_at < at.end), 0) - coalesce((SELECT sum(p.amount_cents) FROM payments p
      WHERE p.invoice_id = i.invoice_id AND p.paid_at < at.end), 0) - coalesce((SELECT sum(d.amount_cents) FROM prepaid_draws d
      WHERE d.invoice_id = i.invoice_id AND d.is_paid), 0))::text AS due_cents, i.due_on, (${day}::date - 1 - i.due_on) AS overdue_days
    FROM tenant_invoices i, at
    WHERE i.tenant_id = ${tenantId} AND i.issued_at < at.end AND (i.paid_at IS NULL OR i.paid_at >= at.end)
      AND (i.voided_at IS NULL OR i.voided_at >= at.end)`.execute(db);
  return rows.map((row) => ({ ...row, due_cents: Number(row.due_cents) }));
};

import { billedKindOf, type billingIngest, type EventData, type Period } from '@arcadia/contracts';
import { steady } from '@arcadia/platform';
import { type RawBuilder, sql } from 'kysely';
import { billedDays } from '../../domain/costs/billed-days.ts';
import type { BilledAmount, ProviderBill } from '../../domain/rating/terms.ts';
import type { Db } from '../schema.ts';

type Ingested = EventData<typeof billingIngest.invoiceIngested>;

/** A provider invoice as it is known: `is_settled` once a revision of it was reconciled or accepted. */
export type KnownBill = ProviderBill & { status: Ingested['status']; difference_cents: number; is_settled: boolean };

/** A deployment's share of a line of a provider invoice. */
export type DeploymentAmount = BilledAmount & { deployment_id: string };

/**
 * Keeps one part of a provider invoice.
 * @returns whether its revision is complete with it and newer than the one known: then it is to be settled
 */
export const keepBillPart = async (db: Db, invoice: Ingested): Promise<boolean> => {
  const { invoice_uuid, revision, part, parts } = invoice;
  // Two replicas that each hold one part must not both think that the other is missing.
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`provider-bill:${invoice_uuid}`}, 0))`.execute(db);
  const { rows } = await sql`
    INSERT INTO provider_bill_parts (invoice_uuid, revision, part) SELECT ${invoice_uuid}, ${revision}::int, ${part}::int
    WHERE NOT EXISTS (SELECT 1 FROM provider_bills WHERE invoice_uuid = ${invoice_uuid} AND revision >= ${revision})
    ON CONFLICT DO NOTHING RETURNING 1`.execute(db);
  if (rows.length === 0) return false;
  await insertAmounts(db, invoice);
  const kept = await sql<{ parts: number }>`SELECT count(*)::int AS parts FROM provider_bill_parts
    WHERE invoice_uuid = ${invoice_uuid} AND revision = ${revision}`.execute(db);
  return kept.rows[0]?.parts === parts;
};

const insertAmounts = async (db: Db, { invoice_uuid, revision, part, period, lines }: Ingested): Promise<void> => {
  const shares = lines
    .filter(({ is_tax }) => !is_tax)
    .flatMap((line) =>
      line.allocations.flatMap(({ tenant_id, deployment_id, amount_cents, ...owned }) =>
        tenant_id === null || deployment_id === null || amount_cents === 0
          ? []
          : [{ ...line, tenant_id, deployment_id, amount_cents, days: billedDays(period, { ...line, ...owned }) }],
      ),
    );
  if (shares.length === 0) return;
  const column = <T>(pick: (share: (typeof shares)[number]) => T): T[] => shares.map(pick);
  await sql`
    INSERT INTO billed_amounts (invoice_uuid, revision, part, position, tenant_id, deployment_id, kind, line_no, description,
      resource_id, first_day, after_day, amount_cents)
    SELECT ${invoice_uuid}, ${revision}::int, ${part}::int, nth, tenant_id, deployment_id, kind, line_no, left(description, 200),
      resource_id, first_day, after_day, amount_cents
    FROM unnest(
      ${column((share) => share.tenant_id)}::text[], ${column((share) => share.deployment_id)}::uuid[],
      ${column(({ kind }) => billedKindOf(kind))}::text[], ${column(({ line_no }) => line_no)}::int[],
      ${column(({ description }) => description)}::text[], ${column(({ resource_id }) => resource_id)}::uuid[],
      ${column(({ days }) => days.from)}::date[], ${column(({ days }) => days.until)}::date[],
      ${column(({ amount_cents }) => amount_cents)}::bigint[]
    ) WITH ORDINALITY AS t(tenant_id, deployment_id, kind, line_no, description, resource_id, first_day, after_day, amount_cents, nth)`.execute(
    db,
  );
};

/**
 * Makes a complete revision count. One that is neither reconciled nor accepted changes no amounts: those of the newest revision
 * that was stay until the next one that is.
 * @returns the tenants whose amounts have changed; null if none may have
 */
export const settleBill = async (db: Db, invoice: Ingested): Promise<string[] | null> => {
  const { invoice_uuid, revision, status } = invoice;
  const isSettled = status !== 'unreconciled';
  const known = await sql<{ settled_revision: number | null }>`
    SELECT settled_revision FROM provider_bills WHERE invoice_uuid = ${invoice_uuid}`.execute(db);
  const before = known.rows[0]?.settled_revision ?? null;
  const settled = isSettled ? revision : before;
  await sql`
    INSERT INTO provider_bills (invoice_uuid, period, invoice_number, revision, status, currency, difference_cents, settled_revision)
    VALUES (${invoice_uuid}, ${invoice.period}, ${invoice.invoice_number}, ${revision}, ${status}, ${invoice.currency},
      ${invoice.difference_minor ?? 0}, ${settled})
    ON CONFLICT (invoice_uuid) DO UPDATE SET period = EXCLUDED.period, invoice_number = EXCLUDED.invoice_number,
      revision = EXCLUDED.revision, status = EXCLUDED.status, currency = EXCLUDED.currency,
      difference_cents = EXCLUDED.difference_cents, settled_revision = EXCLUDED.settled_revision`.execute(db);
  const tenants = isSettled ? await tenantsWithOtherAmounts(db, { invoice_uuid, revision, before }) : null;
  await sql`DELETE FROM billed_amounts WHERE invoice_uuid = ${invoice_uuid} AND revision <= ${revision}
    AND revision IS DISTINCT FROM ${settled}::int`.execute(db);
  await sql`DELETE FROM provider_bill_parts WHERE invoice_uuid = ${invoice_uuid} AND revision <= ${revision}`.execute(
    db,
  );
  return tenants;
};

/** The columns of an amount as a proof reads them from the stream. */
const amountOf = sql`json_build_object('deployment_id', deployment_id, 'kind', kind, 'line_no', line_no, 'description', description,
  'resource_id', resource_id, 'from', first_day, 'until', after_day, 'amount_cents', amount_cents)`;

const inOrder = sql`line_no, deployment_id, part, position`;

const tenantsWithOtherAmounts = async (
  db: Db,
  of: { invoice_uuid: string; revision: number; before: number | null },
): Promise<string[]> => {
  const { rows } = await sql<{ tenant_id: string }>`
    WITH content AS (
      SELECT tenant_id, revision, md5(string_agg((${amountOf})::text, ',' ORDER BY ${inOrder})) AS hash FROM billed_amounts
      WHERE invoice_uuid = ${of.invoice_uuid} AND (revision = ${of.revision} OR revision = ${of.before}::int) GROUP BY 1, 2
    )
    SELECT tenant_id FROM (SELECT tenant_id, hash FROM content WHERE revision = ${of.revision}) AS new
    FULL JOIN (SELECT tenant_id, hash FROM content WHERE revision = ${of.before}::int) AS old USING (tenant_id)
    WHERE new.hash IS DISTINCT FROM old.hash ORDER BY tenant_id`.execute(db);
  return rows.map(({ tenant_id }) => tenant_id);
};

/** As many amounts as one message holds: each takes at most about 600 bytes. */
const amountsInMessage = 500;

/** The amounts of tenants in a settled invoice as rows for `tx.publishFrom`; a tenant without any has one message without amounts. */
export const amountRows = (
  { invoice_uuid, revision, period }: Ingested,
  tenants: readonly string[],
): RawBuilder<unknown> => sql`
  WITH numbered AS (
    SELECT tenant_id, (row_number() OVER (PARTITION BY tenant_id ORDER BY ${inOrder}) - 1) / ${amountsInMessage}::int AS nth,
      ${amountOf} AS amount, ${inOrder}
    FROM billed_amounts WHERE invoice_uuid = ${invoice_uuid} AND revision = ${revision} AND tenant_id = ANY(${tenants}::text[])
  ), divided AS (
    SELECT t.tenant_id, coalesce(n.nth, 0) AS nth,
      coalesce(json_agg(n.amount ORDER BY n.line_no, n.deployment_id, n.part, n.position) FILTER (WHERE n.amount IS NOT NULL), '[]') AS amounts
    FROM unnest(${tenants}::text[]) AS t(tenant_id) LEFT JOIN numbered n USING (tenant_id) GROUP BY 1, 2
  )
  SELECT concat_ws(':', ${invoice_uuid}::text, tenant_id, ${revision}::int, nth + 1) AS key,
    'billed-amounts.changed.' || ${period}::text || '.' || subject_token(tenant_id) AS subject,
    json_build_object('period', ${period}::text, 'invoice_uuid', ${invoice_uuid}::text, 'revision', ${revision}::int,
      'tenant_id', tenant_id, 'part', nth + 1, 'amounts', amounts) AS data
  FROM divided ORDER BY tenant_id, nth`;

/** The provider's invoices of a period, in a fixed order. */
export const billsOf = async (db: Db, period: Period): Promise<KnownBill[]> => {
  const { rows } = await sql<KnownBill>`${steady}
    SELECT invoice_uuid, invoice_number, currency, status, difference_cents::int AS difference_cents, settled_revision IS NOT NULL AS is_settled
    FROM provider_bills WHERE period = ${period} ORDER BY invoice_uuid`.execute(db);
  return rows;
};

const settledAmounts = (of: { tenantId: string; period: Period }) => sql`
  FROM billed_amounts a JOIN provider_bills b ON b.invoice_uuid = a.invoice_uuid AND b.settled_revision = a.revision
  WHERE b.period = ${of.period} AND a.tenant_id = ${of.tenantId}`;

/** What the settled invoices of a period charge for a tenant's deployments, or for one of them. */
export const amountsOfTenant = async (
  db: Db,
  of: { tenantId: string; period: Period; deploymentId?: string | undefined },
): Promise<DeploymentAmount[]> => {
  const { rows } = await sql<DeploymentAmount & { amount_cents: string }>`
    SELECT a.invoice_uuid, a.deployment_id, a.kind, a.line_no, a.description, a.resource_id, a.first_day AS from, a.after_day AS until,
      a.amount_cents
    ${settledAmounts(of)} AND ${of.deploymentId === undefined ? sql`true` : sql`a.deployment_id = ${of.deploymentId}`}`.execute(
    db,
  );
  return rows.map((row) => ({ ...row, amount_cents: Number(row.amount_cents) }));
};

type EvidenceLine = BilledAmount & ProviderBill;

/** The first lines that settled invoices charge for a deployment and kind, by invoice and number, and how many there are. */
export const billLinesOf = async (
  db: Db,
  of: { tenantId: string; period: Period; deploymentId: string; kind: string; limit: number },
): Promise<{ lines: EvidenceLine[]; count: number }> => {
  const { rows } = await sql<EvidenceLine & { amount_cents: string; count: number }>`
    SELECT a.invoice_uuid, b.invoice_number, b.currency, a.kind, a.line_no, a.description, a.resource_id, a.first_day AS from,
      a.after_day AS until, a.amount_cents, (count(*) OVER ())::int AS count
    ${settledAmounts(of)} AND a.deployment_id = ${of.deploymentId} AND a.kind = ${of.kind}
    ORDER BY a.invoice_uuid, a.line_no, a.part, a.position LIMIT ${of.limit}`.execute(db);
  return {
    lines: rows.map(({ count: _count, ...row }) => ({ ...row, amount_cents: Number(row.amount_cents) })),
    count: rows[0]?.count ?? 0,
  };
};

/** What settled invoices charge for a deployment and kind by resource, in minor units; a resource that was only credited weighs nothing. */
export const billedByResource = async (
  db: Db,
  of: { tenantId: string; period: Period; deploymentId: string; kind: string },
): Promise<{ resource_id: string | null; weight: string }[]> => {
  const { rows } = await sql<{ resource_id: string | null; weight: string }>`
    SELECT a.resource_id, greatest(sum(a.amount_cents), 0)::text AS weight
    ${settledAmounts(of)} AND a.deployment_id = ${of.deploymentId} AND a.kind = ${of.kind} GROUP BY 1 ORDER BY 1`.execute(
    db,
  );
  return rows;
};

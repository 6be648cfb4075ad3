import type { billingIngest, EventData } from '@arcadia/contracts';
import { sql } from 'kysely';
import type { Cost, Rate, Revenue } from '../../domain/margin/margin.ts';
import { revenueKindOf } from '../../domain/margin/margin.ts';
import type { Db } from '../schema.ts';
import { isSubscribedWithin } from '../subscriptions/subscribed-within.ts';

type Ingested = EventData<typeof billingIngest.invoiceIngested>;

/**
 * Keeps one part of a provider invoice. A revision counts once all of its parts have arrived, in any order, and then replaces
 * lower revisions whole; until then the former revision counts.
 */
export const projectProviderInvoice = async (db: Db, invoice: Ingested): Promise<void> => {
  const { invoice_uuid, revision, part } = invoice;
  // Two replicas that each hold one part must not both think that the other is missing.
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`provider-invoice:${invoice_uuid}`}, 0))`.execute(db);
  const { rows } = await sql`
    INSERT INTO provider_invoice_parts (invoice_uuid, revision, part) SELECT ${invoice_uuid}, ${revision}::int, ${part}::int
    WHERE NOT EXISTS (SELECT 1 FROM provider_invoices WHERE invoice_uuid = ${invoice_uuid} AND revision >= ${revision})
    ON CONFLICT DO NOTHING RETURNING 1`.execute(db);
  if (rows.length === 0) return;
  await keepCosts(db, invoice);
  const kept = await sql<{ parts: number }>`
    SELECT count(*)::int AS parts FROM provider_invoice_parts WHERE invoice_uuid = ${invoice_uuid} AND revision = ${revision}`.execute(
    db,
  );
  if (kept.rows[0]?.parts === invoice.parts) await makeItCount(db, invoice);
};

const keepCosts = async (db: Db, { invoice_uuid, revision, part, lines }: Ingested): Promise<void> => {
  const shares = lines.flatMap((line) => sharesOf(line));
  await sql`
    INSERT INTO provider_costs (invoice_uuid, revision, part, position, target, tenant_id, deployment_id, kind, is_tax, amount_cents)
    SELECT ${invoice_uuid}, ${revision}::int, ${part}::int, row_number() OVER (), target, tenant_id, deployment_id, kind, is_tax,
      sum(amount_cents)
    FROM unnest(
      ${shares.map(({ target }) => target)}::text[], ${shares.map(({ tenant_id }) => tenant_id)}::text[], ${shares.map(({ deployment_id }) => deployment_id)}::uuid[],
      ${shares.map(({ kind }) => kind)}::text[], ${shares.map(({ is_tax }) => is_tax)}::boolean[], ${shares.map(({ amount_cents }) => amount_cents)}::bigint[]
    ) AS t(target, tenant_id, deployment_id, kind, is_tax, amount_cents)
    GROUP BY target, tenant_id, deployment_id, kind, is_tax`.execute(db);
};

const makeItCount = async (db: Db, invoice: Ingested): Promise<void> => {
  const { invoice_uuid, revision } = invoice;
  await sql`
    INSERT INTO provider_invoices (invoice_uuid, provider, period, revision, status, currency, fx_to, fx_rate, difference_cents)
    VALUES (${invoice_uuid}, ${invoice.provider}, ${invoice.period}, ${revision}, ${invoice.status}, ${invoice.currency},
      ${invoice.fx?.to ?? null}, ${invoice.fx?.rate ?? null}, ${invoice.difference_minor ?? 0})
    ON CONFLICT (invoice_uuid) DO UPDATE SET provider = EXCLUDED.provider, period = EXCLUDED.period, revision = EXCLUDED.revision,
      status = EXCLUDED.status, currency = EXCLUDED.currency, fx_to = EXCLUDED.fx_to, fx_rate = EXCLUDED.fx_rate, difference_cents = EXCLUDED.difference_cents`.execute(
    db,
  );
  await sql`DELETE FROM provider_costs WHERE invoice_uuid = ${invoice_uuid} AND revision < ${revision}`.execute(db);
  await sql`DELETE FROM provider_invoice_parts WHERE invoice_uuid = ${invoice_uuid} AND revision <= ${revision}`.execute(
    db,
  );
};

/** The shares of a line, and an unallocated share for the rest, so that the whole invoice is always accounted for. */
const sharesOf = ({ kind, is_tax, amount_cents, allocations }: Ingested['lines'][number]) => {
  const shared = allocations.reduce((total, share) => total + share.amount_cents, 0);
  const rest = {
    target: 'unallocated' as const,
    tenant_id: null,
    deployment_id: null,
    amount_cents: amount_cents - shared,
  };
  return [...allocations, ...(rest.amount_cents === 0 ? [] : [rest])].map((share) => ({ ...share, kind, is_tax }));
};

type Range = { from: string; to: string; tenantId: string | null };

const monthOfInvoice = {
  from: sql`(p.period || '-01')::timestamp AT TIME ZONE 'UTC'`,
  until: sql`((p.period || '-01')::date + interval '1 month') AT TIME ZONE 'UTC'`,
};

/** The plan a deployment was invoiced on in a month. */
const planOf = sql`(SELECT l.meta ->> 'plan' FROM tenant_invoice_lines l JOIN tenant_invoices i USING (invoice_id)
  WHERE i.period = p.period AND i.status IN ('issued', 'paid') AND l.kind = 'plan_base' AND l.deployment_id = c.deployment_id
  ORDER BY l.position DESC LIMIT 1)`;

/**
 * The shares of the provider's lines of every tenant, because they are converted together; `is_counted` is true for those of the
 * range's tenant, `is_unsubscribed` where a deployment has no subscription on any day of the month. An invoice that does not add up has
 * a cost of its own, so that all costs are the whole invoice.
 */
export const costsBetween = async (db: Db, range: Range): Promise<(Cost & { is_unsubscribed: boolean })[]> => {
  const { rows } = await sql<Cost & { is_tax: boolean; amount_cents: string; is_unsubscribed: boolean }>`
    SELECT p.period, c.target, c.tenant_id, c.deployment_id, c.kind, c.is_tax, c.amount_cents, ${planOf} AS plan_code,
      (${range.tenantId}::text IS NULL OR c.tenant_id IS NOT DISTINCT FROM ${range.tenantId}) AS is_counted,
      c.deployment_id IS NOT NULL AND NOT ${isSubscribedWithin(sql`c.deployment_id`, monthOfInvoice)} AS is_unsubscribed
    FROM provider_invoices p CROSS JOIN LATERAL (
      SELECT target, tenant_id, deployment_id, kind, is_tax, sum(amount_cents) AS amount_cents FROM provider_costs
      WHERE invoice_uuid = p.invoice_uuid AND revision = p.revision
      GROUP BY 1, 2, 3, 4, 5
      UNION ALL
      SELECT 'bill_difference', NULL, NULL, 'bill_difference', false, p.difference_cents
      WHERE p.difference_cents <> 0
    ) c
    WHERE p.period BETWEEN ${range.from} AND ${range.to}
    ORDER BY p.period, c.target, c.tenant_id, c.deployment_id, c.kind, c.is_tax`.execute(db);
  return rows.map(({ is_tax, ...row }) => ({
    ...row,
    amount_cents: Number(row.amount_cents),
    kind: is_tax ? 'tax' : revenueKindOf(row.kind),
    ...(is_tax
      ? { target: 'provider_tax' as const, tenant_id: null, deployment_id: null }
      : {
          target:
            (row.target as string) === 'deployment' || (row.target as string) === 'tenant'
              ? ('customer' as const)
              : row.target,
        }),
  }));
};

/** Lines of issued and paid invoices, less credits, both without tax. A credit note without an invoice counts as one of less than zero. */
export const revenueBetween = async (
  db: Db,
  range: Range,
): Promise<
  (Revenue & { invoice_id: string; is_tax_inclusive: boolean; net_of_invoice: number; gross_of_invoice: number })[]
> => {
  type Found = Revenue & {
    invoice_id: string;
    is_tax_inclusive: boolean;
    amount_cents: string;
    net_of_invoice: string;
    gross_of_invoice: string;
  };
  const { rows } = await sql<Found>`
    WITH live AS (
      SELECT invoice_id, period, tenant_id, currency, is_tax_inclusive, subtotal_cents, tax_cents
      FROM tenant_invoices WHERE status IN ('issued', 'paid') AND period BETWEEN ${range.from} AND ${range.to}
        AND (${range.tenantId}::text IS NULL OR tenant_id = ${range.tenantId})
      UNION ALL
      SELECT credit_note_id, period, tenant_id, currency, total_cents = net_cents AND tax_cents <> 0, -net_cents, -tax_cents
      FROM credit_notes WHERE invoice_id IS NULL AND period BETWEEN ${range.from} AND ${range.to}
        AND (${range.tenantId}::text IS NULL OR tenant_id = ${range.tenantId})
    ), billed AS (
      SELECT i.invoice_id, l.deployment_id, l.kind AS line_kind, l.resource_kind, l.amount_cents
      FROM live i JOIN tenant_invoice_lines l USING (invoice_id) WHERE l.kind <> 'tax'
      UNION ALL
      SELECT i.invoice_id, l.deployment_id, CASE WHEN l.resource_kind IS NULL THEN 'plan_base' ELSE 'overage' END, l.resource_kind, -l.amount_cents
      FROM live i JOIN credit_notes n ON n.invoice_id = i.invoice_id OR (n.invoice_id IS NULL AND n.credit_note_id = i.invoice_id)
        JOIN credit_note_lines l USING (credit_note_id)
    )
    SELECT i.invoice_id, i.period, i.tenant_id, i.currency, i.is_tax_inclusive, b.deployment_id,
      coalesce(b.resource_kind, CASE b.line_kind WHEN 'plan_base' THEN 'base' ELSE b.line_kind END) AS kind,
      (SELECT l.meta ->> 'plan' FROM tenant_invoice_lines l WHERE l.invoice_id = i.invoice_id AND l.kind = 'plan_base' AND l.deployment_id = b.deployment_id
        ORDER BY l.position DESC LIMIT 1) AS plan_code,
      sum(b.amount_cents) AS amount_cents, i.subtotal_cents - i.tax_cents AS net_of_invoice, i.subtotal_cents AS gross_of_invoice
    FROM billed b JOIN live i USING (invoice_id)
    GROUP BY i.invoice_id, i.period, i.tenant_id, i.currency, i.is_tax_inclusive, i.subtotal_cents, i.tax_cents, b.deployment_id, kind
    ORDER BY i.period, i.tenant_id, i.invoice_id, b.deployment_id, kind`.execute(db);
  return rows.map((row) => ({
    ...row,
    amount_cents: Number(row.amount_cents),
    net_of_invoice: Number(row.net_of_invoice),
    gross_of_invoice: Number(row.gross_of_invoice),
  }));
};

/**
 * The exchange rates of a span of months; 1 where the provider's currency is the billing currency.
 * @param usual of the months of which no rate is known: the currency of revenue
 */
export const ratesBetween = async (db: Db, range: Omit<Range, 'tenantId'>, usual: string): Promise<Rate[]> => {
  const { rows } = await sql<{ period: string; from: string; to: string | null; rate: string | null }>`
    SELECT DISTINCT ON (period) period, currency AS from, fx_to AS to, trim_scale(fx_rate)::text AS rate FROM provider_invoices
    WHERE period BETWEEN ${range.from} AND ${range.to} ORDER BY period, fx_rate DESC NULLS LAST`.execute(db);
  return rows.map(({ period, from, to, rate }) => ({
    period,
    from,
    to: to ?? usual,
    rate: rate ?? ((to ?? usual) === from ? '1' : null),
  }));
};

/** Every exchange rate that is pinned for a span of months. */
export const pinnedRates = async (db: Db, range: Omit<Range, 'tenantId'>): Promise<(Rate & { rate: string })[]> => {
  const { rows } = await sql<Rate & { rate: string }>`
    SELECT period, from_currency AS from, to_currency AS to, trim_scale(rate)::text AS rate FROM exchange_rates
    WHERE period BETWEEN ${range.from} AND ${range.to} ORDER BY period, from_currency, to_currency`.execute(db);
  return rows;
};

/** The first month with an invoice, of the provider or to a tenant; null if there is none. */
export const firstKnownPeriod = async (db: Db): Promise<string | null> => {
  const { rows } = await sql<{ period: string | null }>`
    SELECT least((SELECT min(period) FROM provider_invoices), (SELECT min(period) FROM tenant_invoices)) AS period`.execute(
    db,
  );
  return rows[0]?.period ?? null;
};

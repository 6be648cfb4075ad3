import { steady } from '@arcadia/platform';
import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely';
import type { PlanTerms, PriceItem } from '../../domain/rating/terms.ts';
import type { Db } from '../schema.ts';

export type PlanVersionRow = PlanTerms & {
  status: 'draft' | 'active' | 'retired';
  /** The tenants that see and take it; null: all. */
  offered_to: string[] | null;
  published_at: string | null;
  retired_at: string | null;
};

type Found = Omit<PlanVersionRow, 'base_price_cents' | 'provider_bill'> & {
  base_price_cents: string;
  provider_bill: NonNullable<PlanVersionRow['provider_bill']> | null;
};

/**
 * Decimals are text in JSON, because JSON numbers would lose digits; without trailing zeros, because a decimal has one spelling. A
 * field that not every item has is absent, not null, so that the terms of earlier versions keep their hash.
 */
const itemsOf = sql<PriceItem[]>`coalesce((
  SELECT jsonb_agg(jsonb_build_object('kind', i.kind, 'included_qty', trim_scale(i.included_qty)::text,
    'overage_unit', trim_scale(i.overage_unit)::text, 'overage_price_cents', trim_scale(i.overage_price_cents)::text,
    'charge_model', i.charge_model, 'tiers', i.tiers, 'hard_cap_qty', trim_scale(i.hard_cap_qty)::text)
    || CASE WHEN i.dimension IS NULL THEN '{}' ELSE jsonb_build_object('dimension', i.dimension) END || coalesce(i.parameters, '{}') ORDER BY i.kind, i.dimension NULLS FIRST)
  FROM plan_items i WHERE i.plan_code = v.plan_code AND i.version = v.version), '[]')`;

const columns = sql`v.plan_code AS code, p.name, v.version, v.status, v.base_price_cents, v.currency, v.proration, v.provider_bill, v.offered_to,
  v.published_at, v.retired_at, ${itemsOf} AS items`;

const rowOf = ({ base_price_cents, provider_bill, ...found }: Found): PlanVersionRow => ({
  ...found,
  base_price_cents: Number(base_price_cents),
  ...(provider_bill === null ? {} : { provider_bill }),
});

/** Whether a version is offered to a tenant; for null, whom it is offered to does not matter. */
const isOfferedTo = (tenantId: string | null) =>
  tenantId === null ? sql`true` : sql`(v.offered_to IS NULL OR ${tenantId} = ANY(v.offered_to))`;

/**
 * One version of a plan; the active one if none is named. `lock` locks it against changes. A version that is not offered to
 * `offeredTo` (null: an operator chooses) is as one that does not exist.
 */
export const findPlanVersion = async (
  db: Db,
  wanted: { planCode: string; version: number | null; offeredTo: string | null; lock?: boolean },
): Promise<PlanVersionRow | null> => {
  const which = wanted.version === null ? sql`v.status = 'active'` : sql`v.version = ${wanted.version}`;
  const lock = wanted.lock === true ? sql`FOR UPDATE OF v` : sql``;
  const { rows } = await sql<Found>`SELECT ${columns} FROM plan_versions v JOIN plans p USING (plan_code)
    WHERE v.plan_code = ${wanted.planCode} AND ${which} AND ${isOfferedTo(wanted.offeredTo)} ${lock}`.execute(db);
  return rows[0] === undefined ? null : rowOf(rows[0]);
};

/** Several versions at once. */
export const findPlanVersions = async (
  db: QueryExecutorProvider,
  named: readonly { code: string; version: number }[],
): Promise<PlanVersionRow[]> => {
  if (named.length === 0) return [];
  const codes = named.map(({ code }) => code);
  return planVersionsIn(db, sql`SELECT * FROM unnest(${codes}::text[], ${named.map(({ version }) => version)}::int[])`);
};

/** The versions that a query names, each by code and version. */
export const planVersionsIn = async (
  db: QueryExecutorProvider,
  query: RawBuilder<unknown>,
): Promise<PlanVersionRow[]> => {
  const { rows } = await sql<Found>`${steady}SELECT ${columns} FROM plan_versions v JOIN plans p USING (plan_code)
    WHERE (v.plan_code, v.version) IN (${query})`.execute(db);
  return rows.map(rowOf);
};

/** Versions by code, newest first; one row above the limit. */
export const pageOfPlanVersions = async (
  db: Db,
  page: {
    planCode: string | null;
    text: string | null;
    statuses: readonly string[];
    offeredTo: string | null;
    after: readonly [code: string, version: number] | null;
    limit: number;
  },
): Promise<PlanVersionRow[]> => {
  const after =
    page.after === null ? sql`true` : sql`(v.plan_code, -v.version) > (${page.after[0]}, ${-page.after[1]}::int)`;
  const { rows } = await sql<Found>`SELECT ${columns} FROM plan_versions v JOIN plans p USING (plan_code)
    WHERE v.status = ANY(${page.statuses}::text[]) AND (${page.planCode}::text IS NULL OR v.plan_code = ${page.planCode})
      AND (${page.text}::text IS NULL OR strpos(lower(v.plan_code || ' ' || p.name), lower(${page.text})) > 0)
      AND ${isOfferedTo(page.offeredTo)} AND ${after}
    ORDER BY v.plan_code, v.version DESC LIMIT ${page.limit + 1}`.execute(db);
  return rows.map(rowOf);
};

export type NewVersion = Pick<
  PlanVersionRow,
  'base_price_cents' | 'currency' | 'proration' | 'provider_bill' | 'items' | 'offered_to'
>;

export const insertPlan = async (
  db: Db,
  plan: { planCode: string; name: string; now: Temporal.Instant },
): Promise<boolean> => {
  const { rows } =
    await sql`INSERT INTO plans (plan_code, name, created_at) VALUES (${plan.planCode}, ${plan.name}, ${plan.now.toString()})
    ON CONFLICT DO NOTHING RETURNING 1`.execute(db);
  return rows.length > 0;
};

/** Inserts the next version of a plan as a draft. The plan's row is locked, so two concurrent drafts get two numbers. */
export const insertDraft = async (db: Db, planCode: string, terms: NewVersion): Promise<number> => {
  await sql`SELECT 1 FROM plans WHERE plan_code = ${planCode} FOR UPDATE`.execute(db);
  const { rows } = await sql<{ version: number }>`
    INSERT INTO plan_versions (plan_code, version, status, base_price_cents, currency, proration, provider_bill, offered_to)
    SELECT ${planCode}, coalesce(max(version), 0) + 1, 'draft', ${terms.base_price_cents}, ${terms.currency}, ${terms.proration},
      ${terms.provider_bill ?? null}, ${terms.offered_to}::text[]
    FROM plan_versions WHERE plan_code = ${planCode} RETURNING version`.execute(db);
  const version = rows[0]?.version ?? 0;
  await insertItems(db, { planCode, version }, terms.items);
  return version;
};

const insertItems = async (
  db: Db,
  of: { planCode: string; version: number },
  items: readonly PriceItem[],
): Promise<void> => {
  if (items.length === 0) return;
  await db
    .insertInto('plan_items')
    .values(
      items.map(({ sizes, mark_up_percent, ...item }) => ({
        ...item,
        parameters:
          sizes === undefined && mark_up_percent === undefined ? null : JSON.stringify({ sizes, mark_up_percent }),
        dimension: item.dimension ?? null,
        plan_code: of.planCode,
        version: of.version,
        tiers: item.tiers === null ? null : JSON.stringify(item.tiers),
      })),
    )
    .execute();
};

export const replaceDraft = async (
  db: Db,
  of: { planCode: string; version: number },
  terms: NewVersion,
): Promise<void> => {
  await sql`UPDATE plan_versions SET base_price_cents = ${terms.base_price_cents}, currency = ${terms.currency}, proration = ${terms.proration},
      provider_bill = ${terms.provider_bill ?? null}, offered_to = ${terms.offered_to}::text[]
    WHERE plan_code = ${of.planCode} AND version = ${of.version}`.execute(db);
  await sql`DELETE FROM plan_items WHERE plan_code = ${of.planCode} AND version = ${of.version}`.execute(db);
  await insertItems(db, of, terms.items);
};

/** Publishes a version and retires the one before it. Of two concurrent calls the later waits, and then sees the other. */
export const activateVersion = async (
  db: Db,
  of: { planCode: string; version: number; now: Temporal.Instant },
): Promise<void> => {
  const now = of.now.toString();
  await sql`UPDATE plan_versions SET status = 'retired', retired_at = ${now} WHERE plan_code = ${of.planCode} AND status = 'active'`.execute(
    db,
  );
  await sql`UPDATE plan_versions SET status = 'active', published_at = ${now} WHERE plan_code = ${of.planCode} AND version = ${of.version}`.execute(
    db,
  );
};

export const retireVersion = async (
  db: Db,
  of: { planCode: string; version: number; now: Temporal.Instant },
): Promise<void> => {
  await sql`UPDATE plan_versions SET status = 'retired', retired_at = ${of.now.toString()}
    WHERE plan_code = ${of.planCode} AND version = ${of.version}`.execute(db);
};

export const deleteDraft = async (db: Db, of: { planCode: string; version: number }): Promise<void> => {
  await sql`DELETE FROM plan_items WHERE plan_code = ${of.planCode} AND version = ${of.version}`.execute(db);
  await sql`DELETE FROM plan_versions WHERE plan_code = ${of.planCode} AND version = ${of.version}`.execute(db);
};

export const lockPlan = async (db: Db, planCode: string): Promise<string | null> => {
  const { rows } = await sql<{ name: string }>`SELECT name FROM plans WHERE plan_code = ${planCode} FOR UPDATE`.execute(
    db,
  );
  return rows[0]?.name ?? null;
};

export const renamePlan = async (db: Db, planCode: string, name: string): Promise<void> => {
  await sql`UPDATE plans SET name = ${name} WHERE plan_code = ${planCode}`.execute(db);
};

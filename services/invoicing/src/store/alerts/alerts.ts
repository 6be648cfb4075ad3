import type { Period } from '@arcadia/contracts';
import { type SortColumn, type Sorting, sortedBy } from '@arcadia/platform';
import { sql } from 'kysely';
import type { Db, Tables } from '../schema.ts';
import { usualCurrency } from '../tenants/billing-profiles.ts';

/** Those of the deployments that have an alert, or a plan with a hard cap; the others need no evaluation. */
export const deploymentsWatched = async (
  db: Db,
  facts: readonly { deployment_id: string; period: Period }[],
): Promise<{ deployment_id: string; period: Period }[]> => {
  if (facts.length === 0) return [];
  const { rows } = await sql<{ deployment_id: string; period: Period }>`
    SELECT DISTINCT f.deployment_id, f.period
    FROM unnest(${facts.map((f) => f.deployment_id)}::uuid[], ${facts.map((f) => f.period)}::text[]) AS f(deployment_id, period)
    WHERE EXISTS (SELECT 1 FROM alert_rules r WHERE r.deployment_id = f.deployment_id AND r.ended_at IS NULL)
      OR EXISTS (SELECT 1 FROM subscriptions s JOIN subscription_plans p USING (subscription_id) JOIN plan_items i USING (plan_code, version)
        WHERE s.deployment_id = f.deployment_id AND i.hard_cap_qty IS NOT NULL)`.execute(db);
  return rows;
};

type Rule = Tables['alert_rules'];

/** Inserts an alert; one that exists stays as it is. */
export const insertRule = async (db: Db, rule: Rule): Promise<void> => {
  await db
    .insertInto('alert_rules')
    .values(rule)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** Ends an alert that has not ended. */
export const endRule = async (db: Db, ended: { alertId: string; at: Temporal.Instant; by: string }): Promise<void> => {
  await sql`UPDATE alert_rules SET ended_at = ${ended.at.toString()}, ended_by = ${ended.by}
    WHERE alert_id = ${ended.alertId} AND ended_at IS NULL`.execute(db);
};

/** How many alerts of a deployment with this threshold have ended. */
export const countEndedRules = async (
  db: Db,
  { deployment_id, basis, kind, value }: Pick<Rule, 'deployment_id' | 'basis' | 'kind' | 'value'>,
): Promise<number> => {
  const { rows } = await sql<{ count: number }>`SELECT count(*)::int AS count FROM alert_rules
    WHERE deployment_id = ${deployment_id} AND basis = ${basis} AND kind IS NOT DISTINCT FROM ${kind} AND value = ${value}
      AND ended_at IS NOT NULL`.execute(db);
  return rows[0]?.count ?? 0;
};

/** The alerts of a deployment that have not ended. */
export const rulesOf = async (db: Db, deploymentId: string): Promise<Rule[]> =>
  db
    .selectFrom('alert_rules')
    .selectAll()
    .where('deployment_id', '=', deploymentId)
    .where('ended_at', 'is', null)
    .orderBy('alert_id')
    .execute();

/** Records a crossing. @returns false if it was recorded for this period before */
export const noteCrossing = async (
  db: Db,
  crossing: { alertId: string; period: Period; deploymentId: string; reached: string; at: Temporal.Instant },
): Promise<boolean> => {
  const { rows } = await sql`INSERT INTO alert_crossings (alert_id, period, deployment_id, reached, crossed_at)
    VALUES (${crossing.alertId}, ${crossing.period}, ${crossing.deploymentId}, ${crossing.reached}, ${crossing.at.toString()})
    ON CONFLICT DO NOTHING RETURNING 1`.execute(db);
  return rows.length > 0;
};

/** An alert with the currency in which its tenant is billed, and its crossings. */
export type ListedRule = Rule & {
  currency: string;
  crossed: { period: string; reached: string; crossed_at: string }[];
};

const details = sql`coalesce((SELECT p.currency FROM billing_profiles p WHERE p.tenant_id = r.tenant_id), ${usualCurrency}) AS currency,
  coalesce((SELECT jsonb_agg(jsonb_build_object('period', c.period, 'reached', trim_scale(c.reached)::text,
    'crossed_at', to_char(c.crossed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) ORDER BY c.period DESC)
  FROM (SELECT * FROM alert_crossings c WHERE c.alert_id = r.alert_id ORDER BY c.period DESC LIMIT 12) c), '[]') AS crossed`;

/** An alert of a tenant (null: of any tenant); null if there is none. */
export const findRule = async (
  db: Db,
  rule: { alertId: string; tenantId: string | null; lock?: boolean },
): Promise<ListedRule | null> => {
  const { rows } = await sql<ListedRule>`SELECT r.*, ${details} FROM alert_rules r
    WHERE r.alert_id = ${rule.alertId} AND (${rule.tenantId}::text IS NULL OR r.tenant_id = ${rule.tenantId})
    ${rule.lock === true ? sql`FOR UPDATE OF r` : sql``}`.execute(db);
  return rows[0] ?? null;
};

const sortId = { column: sql`r.alert_id`, type: 'uuid' } as const;
const sortColumns = {
  tenant_id: { value: sql`r.tenant_id`, type: 'text' },
  basis: { value: sql`r.basis`, type: 'text' },
  kind: { value: sql`coalesce(r.kind, '')`, type: 'text' },
} as const satisfies Record<string, SortColumn>;

/** Alerts by id unless they are sorted; one row above the limit. */
export const pageOfRules = async (
  db: Db,
  page: {
    tenantId: string | null;
    deploymentId: string | null;
    includeEnded: boolean;
    after: string | null;
    sorting: Sorting<keyof typeof sortColumns> | null;
    limit: number;
  },
): Promise<(ListedRule & { sort_key: string | null })[]> => {
  const sorted = page.sorting === null ? null : sortedBy(sortColumns[page.sorting.key], sortId, page.sorting);
  const { rows } = await sql<ListedRule & { sort_key: string | null }>`
    SELECT r.*, ${details}, ${sorted?.key ?? sql`NULL`} AS sort_key FROM alert_rules r
    WHERE (${page.tenantId}::text IS NULL OR r.tenant_id = ${page.tenantId}) AND (${page.includeEnded} OR r.ended_at IS NULL)
      AND (${page.deploymentId}::uuid IS NULL OR r.deployment_id = ${page.deploymentId}::uuid) AND (${page.after}::uuid IS NULL OR r.alert_id > ${page.after}::uuid)
      AND ${sorted?.page ?? sql`true`}
    ORDER BY ${sorted?.order ?? sql`r.alert_id`} LIMIT ${page.limit + 1}`.execute(db);
  return rows;
};

import { steady, together } from '@arcadia/platform';
import { type QueryExecutorProvider, sql } from 'kysely';
import type { AttachedAddon, PlanTerms, SubscriptionTerms } from '../../domain/rating/terms.ts';
import { findPlanVersions, type PlanVersionRow, planVersionsIn } from '../catalog/plans.ts';
import type { Db } from '../schema.ts';

/** A subscription with its whole history and the terms of every version it was ever on. */
export type Subscription = SubscriptionTerms & {
  deployment_id: string;
  tenant_id: string;
  revision: number;
  currency: string;
  quote_id: string | null;
  created_at: string;
};

type Found = Omit<Subscription, 'plans' | 'addons'> & {
  plans: { from: string; code: string; version: number }[];
  addons: (Omit<AttachedAddon, 'price_cents'> & { price_cents: string })[];
};

const utc = (column: string) =>
  sql.raw(
    `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || coalesce('.' || nullif(rtrim(to_char(${column}, 'US'), '0'), ''), '') || 'Z'`,
  );

const columns = sql`s.subscription_id, s.deployment_id, s.tenant_id, s.revision, s.currency, s.starts_at, s.ends_at, s.trial_ends_at,
  s.quote_id, s.created_at,
  (SELECT jsonb_agg(jsonb_build_object('from', ${utc('p.effective_at')}, 'code', p.plan_code, 'version', p.version) ORDER BY p.effective_at)
    FROM subscription_plans p WHERE p.subscription_id = s.subscription_id) AS plans,
  coalesce((SELECT jsonb_agg(jsonb_build_object('from', ${utc('p.paused_at')}, 'until', ${utc('p.resumed_at')}) ORDER BY p.paused_at)
    FROM subscription_pauses p WHERE p.subscription_id = s.subscription_id), '[]') AS pauses,
  coalesce((SELECT jsonb_agg(jsonb_build_object('addon_id', a.addon_id, 'code', a.addon_code, 'kind', a.resource_kind,
      'qty', trim_scale(a.qty)::text, 'price_cents', a.price_cents::text, 'quantity', a.quantity, 'starts_at', ${utc('a.starts_at')},
      'ends_at', ${utc('a.ends_at')}) ORDER BY a.starts_at, a.addon_id)
    FROM subscription_addons a WHERE a.subscription_id = s.subscription_id), '[]') AS addons`;

const nameOf = ({ code, version }: { code: string; version: number }): string => `${code}@${version}`;

const withTerms = async (db: Db, found: readonly Found[]): Promise<Subscription[]> => {
  const named = new Map(found.flatMap(({ plans }) => plans.map((plan) => [nameOf(plan), plan] as const)));
  return withVersions(found, await findPlanVersions(db, [...named.values()]));
};

const withVersions = (found: readonly Found[], versions: readonly PlanVersionRow[]): Subscription[] => {
  const terms = new Map(versions.map((version) => [nameOf(version), termsOf(version)]));
  return found.map((row) => ({
    ...row,
    plans: row.plans.map(({ from, code, version }) => {
      const plan = terms.get(nameOf({ code, version }));
      if (plan === undefined)
        throw new Error(`subscription ${row.subscription_id} names plan ${code} version ${version}, which is missing`);
      return { from, plan };
    }),
    addons: row.addons.map((addon) => ({ ...addon, price_cents: Number(addon.price_cents) })),
  }));
};

export const termsOf = ({
  code,
  name,
  version,
  base_price_cents,
  currency,
  proration,
  provider_bill,
  items,
}: PlanTerms): PlanTerms => ({
  code,
  name,
  version,
  base_price_cents,
  currency,
  proration,
  ...(provider_bill === undefined ? {} : { provider_bill }),
  items,
});

/** The subscriptions of a tenant that overlap a span of time, of one deployment or of all. */
export const subscriptionsDuring = async (
  db: QueryExecutorProvider,
  span: { tenantId: string; start: Temporal.Instant; end: Temporal.Instant; deploymentId?: string | undefined },
): Promise<Subscription[]> => {
  const during = sql`s.tenant_id = ${span.tenantId} AND s.starts_at < ${span.end.toString()}
    AND (s.ends_at IS NULL OR s.ends_at > ${span.start.toString()})
    AND (${span.deploymentId ?? null}::uuid IS NULL OR s.deployment_id = ${span.deploymentId ?? null}::uuid)`;
  const [{ rows }, current] = await together(db, (session) =>
    Promise.all([
      sql<Found>`${steady}SELECT ${columns} FROM subscriptions s WHERE ${during} ORDER BY s.starts_at, s.subscription_id`.execute(
        session,
      ),
      planVersionsIn(
        session,
        sql`SELECT plan_code, version FROM subscription_plans JOIN subscriptions s USING (subscription_id) WHERE ${during}`,
      ),
    ]),
  );
  // A change between the two statements may have taken away a version that the first of them read.
  const known = new Set(current.map(nameOf));
  const missing = rows.flatMap(({ plans }) => plans.filter((plan) => !known.has(nameOf(plan))));
  return withVersions(rows, [...current, ...(await findPlanVersions(db, missing))]);
};

/** Every subscription a deployment ever had, oldest first. */
export const subscriptionsOf = async (db: Db, deploymentId: string): Promise<Subscription[]> => {
  const { rows } = await sql<Found>`SELECT ${columns} FROM subscriptions s WHERE s.deployment_id = ${deploymentId}
    ORDER BY s.starts_at, s.subscription_id`.execute(db);
  return withTerms(db, rows);
};

export const subscriptionById = async (db: Db, subscriptionId: string): Promise<Subscription> => {
  const { rows } =
    await sql<Found>`SELECT ${columns} FROM subscriptions s WHERE s.subscription_id = ${subscriptionId}`.execute(db);
  const [found] = await withTerms(db, rows);
  if (found === undefined) throw new Error(`there is no subscription ${subscriptionId}`);
  return found;
};

/** Subscriptions, newest start first; one row above the limit. */
export const pageOfSubscriptions = async (
  db: Db,
  page: {
    tenantId: string | null;
    deploymentId: string | null;
    after: readonly [startsAt: string, id: string] | null;
    limit: number;
  },
): Promise<Subscription[]> => {
  const after =
    page.after === null
      ? sql`true`
      : sql`(s.starts_at, s.subscription_id) < (${page.after[0]}::timestamptz, ${page.after[1]}::uuid)`;
  const { rows } = await sql<Found>`SELECT ${columns} FROM subscriptions s
    WHERE (${page.tenantId}::text IS NULL OR s.tenant_id = ${page.tenantId})
      AND (${page.deploymentId}::uuid IS NULL OR s.deployment_id = ${page.deploymentId}::uuid) AND ${after}
    ORDER BY s.starts_at DESC, s.subscription_id DESC LIMIT ${page.limit + 1}`.execute(db);
  return withTerms(db, rows);
};

/** The subscriptions that have not ended, of a tenant and of a currency (null: of any). */
export const runningSubscriptions = async (
  db: Db,
  filter: { tenantId: string | null; currency: string | null; now: Temporal.Instant },
): Promise<{ subscription_id: string; tenant_id: string }[]> => {
  const { tenantId, currency, now } = filter;
  const { rows } = await sql<{ subscription_id: string; tenant_id: string }>`
    SELECT subscription_id, tenant_id FROM subscriptions
    WHERE (ends_at IS NULL OR ends_at > ${now.toString()}) AND (${tenantId}::text IS NULL OR tenant_id = ${tenantId})
      AND (${currency}::text IS NULL OR currency = ${currency})
    ORDER BY tenant_id, subscription_id`.execute(db);
  return rows;
};

/** The tenant of a subscription; null if there is none. */
export const tenantOfSubscription = async (db: Db, subscriptionId: string): Promise<string | null> => {
  const { rows } = await sql<{
    tenant_id: string;
  }>`SELECT tenant_id FROM subscriptions WHERE subscription_id = ${subscriptionId}`.execute(db);
  return rows[0]?.tenant_id ?? null;
};

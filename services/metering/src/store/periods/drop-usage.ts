import { addMonths, type Period, periodInterval } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { PeriodRow } from './periods.ts';

type Session = Kysely<Tables>;

/** The oldest period whose facts are not dropped. */
export async function oldestKeptPeriod(db: Session): Promise<PeriodRow | undefined> {
  return db
    .selectFrom('periods')
    .selectAll()
    .where('dropped_at', 'is', null)
    .orderBy('period')
    .limit(1)
    .executeTakeFirst();
}

/** The longest retention in days among the kinds with facts in a period; 0 when it has none. */
export async function longestRetention(db: Session, period: Period): Promise<number> {
  const { start, end } = periodInterval(period);
  const result = await sql<{ days: number | null }>`
    SELECT max(retention_days) AS days FROM (
      SELECT DISTINCT ON (kind) kind, retention_days FROM metering_config ORDER BY kind, revision DESC
    ) AS config
    WHERE EXISTS (SELECT FROM usage_records r WHERE r.kind = config.kind
      AND r.period_start >= ${start.toString()}::timestamptz AND r.period_start < ${end.toString()}::timestamptz)`.execute(
    db,
  );
  return result.rows[0]?.days ?? 0;
}

/** Tenants that were subscribed in a period, have facts in it, and whose invoice has not been consumed. */
export async function uninvoicedTenants(db: Session, period: Period): Promise<string[]> {
  const { start, end } = periodInterval(period);
  const result = await sql<{ tenant_id: string }>`
    SELECT DISTINCT a.tenant_id FROM accruals a
    WHERE a.period_start >= ${start.toString()}::timestamptz AND a.period_start < ${end.toString()}::timestamptz
      AND EXISTS (SELECT FROM subscriptions s WHERE s.tenant_id = a.tenant_id AND s.starts_at < ${end.toString()}::timestamptz
        AND (s.ends_at IS NULL OR s.ends_at > ${start.toString()}::timestamptz))
      AND NOT EXISTS (SELECT FROM invoiced i WHERE i.period = ${period} AND i.tenant_id = a.tenant_id)
    ORDER BY 1`.execute(db);
  return result.rows.map(({ tenant_id }) => tenant_id);
}

/**
 * Drops a period's facts with their partitions, and the rows that only they needed: states that ended by its end, observations
 * that were no longer in force then, and reports from before its end. Older periods are dropped already.
 */
export async function dropUsage(db: Session, period: Period, at: Temporal.Instant): Promise<void> {
  const end = sql`${periodInterval(period).end.toString()}::timestamptz`;
  for (const table of ['usage_records', 'accruals']) {
    await sql`DROP TABLE IF EXISTS ${sql.id(`${table}_${period.replace('-', '_')}`)}`.execute(db);
  }
  await sql`DELETE FROM metered_days WHERE starts_at < ${end}`.execute(db);
  await sql`DELETE FROM pending_days WHERE day < ${`${addMonths(period, 1)}-01`}::date`.execute(db);
  await sql`DELETE FROM states WHERE ends_at <= ${end}`.execute(db);
  await sql`
    DELETE FROM observations o WHERE o.effective_at < ${end} AND EXISTS (
      SELECT FROM observations n WHERE n.resource_id = o.resource_id AND n.effective_at <= ${end}
        AND (n.effective_at, n.revision) > (o.effective_at, o.revision))`.execute(db);
  await sql`
    DELETE FROM usage_reports u WHERE u.time < ${end} AND (u.form = 'usage' OR EXISTS (
      SELECT FROM usage_reports n WHERE n.form = 'reading' AND n.deployment_id = u.deployment_id AND n.kind = u.kind
        AND n.subject = u.subject AND n.time <= ${end} AND (n.time, n.seq) > (u.time, u.seq)))`.execute(db);
  await sql`UPDATE periods SET dropped_at = ${at.toString()}::timestamptz WHERE period = ${period}`.execute(db);
}

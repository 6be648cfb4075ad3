import type { EventData, metering, Period } from '@arcadia/contracts';
import { steady } from '@arcadia/platform';
import { sql } from 'kysely';
import type { Db } from '../schema.ts';

/** Records how far the usage of a month is known: metering publishes the facts of all tenants day by day, and hour by hour. */
export const noteUsageKnown = async (
  db: Db,
  facts: readonly Pick<EventData<typeof metering.usageAccrued>, 'period' | 'granularity' | 'period_end'>[],
): Promise<void> => {
  if (facts.length === 0) return;
  const column = (name: 'period' | 'granularity' | 'period_end') => facts.map((fact) => fact[name]);
  await sql`INSERT INTO usage_known AS k (period, granularity, until)
    SELECT period, granularity, max(period_end) FROM unnest(${column('period')}::text[], ${column('granularity')}::text[],
      ${column('period_end')}::timestamptz[]) AS f(period, granularity, period_end)
    GROUP BY period, granularity ORDER BY period, granularity
    ON CONFLICT (period, granularity) DO UPDATE SET until = excluded.until WHERE excluded.until > k.until`.execute(db);
};

/**
 * The instant up to which the usage of a month is known, of whatever tenant: a tenant without usage on its last days used
 * nothing on them. Where some kinds are metered by the hour, the kinds that are metered by the day decide. Null: nothing is known.
 */
export const usageKnownUntil = async (db: Db, period: Period): Promise<string | null> => {
  const { rows } = await sql<{ until: string | null }>`${steady}SELECT min(until) AS until FROM usage_known
    WHERE period = ${period}`.execute(db);
  return rows[0]?.until ?? null;
};

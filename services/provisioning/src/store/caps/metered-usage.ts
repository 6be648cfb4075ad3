import { Decimal, type EventData, type metering } from '@arcadia/contracts';
import { upsertNewest } from '@arcadia/platform';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from '../schema.ts';

type Fact = EventData<typeof metering.usageAccrued>;
type Sum = { kind: string; divisor: string; unit_seconds: string };

/** Stores the usage of the month that begins at `monthStart`, and deletes what ended before it: caps are about that month only. */
export async function saveUsage(
  db: Transaction<Tables>,
  facts: readonly Fact[],
  monthStart: Temporal.Instant,
): Promise<void> {
  await upsertNewest(
    db,
    { name: 'metered_usage', key: ['deployment_id', 'period_start', 'granularity'], newest: ['revision'] },
    facts
      .filter(({ period_end }) => Temporal.Instant.compare(period_end, monthStart) > 0)
      .map(({ deployment_id, period_start, granularity, period_end, revision, lines }) => ({
        deployment_id,
        period_start,
        granularity,
        period_end,
        revision,
        lines: sumsOf(lines),
      })),
  );
  await sql`DELETE FROM metered_usage WHERE period_end <= ${monthStart.toString()}::timestamptz`.execute(db);
}

function sumsOf(lines: Fact['lines']): Sum[] {
  const sums = new Map<string, Sum>();
  for (const { kind, divisor, unit_seconds } of lines) {
    const before = sums.get(`${kind} ${divisor}`)?.unit_seconds ?? '0';
    sums.set(`${kind} ${divisor}`, { kind, divisor, unit_seconds: new Decimal(before).plus(unit_seconds).toFixed() });
  }
  return [...sums.values()];
}

/** Usage of a kind by a deployment since an instant, summed by divisor, and the end of the last day or hour with such usage. */
export async function usageSince(
  db: Kysely<Tables>,
  query: { deploymentId: string; kind: string; start: Temporal.Instant },
): Promise<{ sums: { unitSeconds: string; divisor: string }[]; until: Temporal.Instant | null }> {
  const found = await sql<{ divisor: string; unit_seconds: string; until: string }>`
    SELECT line.divisor, sum(line.unit_seconds)::text AS unit_seconds, max(period_end) AS until
    FROM metered_usage, jsonb_to_recordset(lines) AS line(kind text, divisor numeric, unit_seconds numeric)
    WHERE deployment_id = ${query.deploymentId} AND period_start >= ${query.start.toString()}::timestamptz
      AND line.kind = ${query.kind}
    GROUP BY line.divisor`.execute(db);
  const ends = found.rows.map(({ until }) => Temporal.Instant.from(until)).toSorted(Temporal.Instant.compare);
  return {
    sums: found.rows.map(({ divisor, unit_seconds }) => ({ divisor, unitSeconds: unit_seconds })),
    until: ends.at(-1) ?? null,
  };
}

import type { EventData, metering } from '@arcadia/contracts';
import { ensureMonthPartitionsBetween, upsertNewest } from '@arcadia/platform';
import { sql, type Transaction } from 'kysely';
import type { Tables } from '../schema.ts';

type Fact = EventData<typeof metering.usageAccrued>;

type FactKey = Pick<Fact, 'deployment_id' | 'period_start' | 'granularity'>;

const keyOf = ({ deployment_id, period_start, granularity }: FactKey): string =>
  `${deployment_id} ${Temporal.Instant.from(period_start).toString()} ${granularity}`;

/**
 * Stores metered usage: per deployment and day (or hour) the message with the highest revision, complete with its lines.
 * @returns the periods in which anything changed
 */
export async function upsertFacts(db: Transaction<Tables>, received: readonly Fact[]): Promise<string[]> {
  const newest = new Map<string, Fact>();
  for (const fact of received) {
    if ((newest.get(keyOf(fact))?.revision ?? 0) < fact.revision) newest.set(keyOf(fact), fact);
  }
  const facts = [...newest.values()];
  const starts = facts.map(({ period_start }) => period_start).toSorted();
  if (starts[0] === undefined) return [];
  await ensureMonthPartitionsBetween(db, {
    table: 'metered_lines',
    from: Temporal.Instant.from(starts[0]),
    to: Temporal.Instant.from(starts.at(-1) ?? starts[0]),
  });
  const upserted = await upsertNewest(
    db,
    { name: 'metered_facts', key: ['deployment_id', 'period_start', 'granularity'], newest: ['revision'] },
    facts.map(({ deployment_id, period_start, granularity, revision, period, tenant_id }) => ({
      deployment_id,
      period_start,
      granularity,
      revision,
      period,
      tenant_id,
    })),
  );
  const upsertedKeys = new Set(upserted.map(keyOf));
  const changed = facts.filter((fact) => upsertedKeys.has(keyOf(fact)));
  await replaceLines(db, changed);
  return [...new Set(changed.map(({ period }) => period))];
}

async function replaceLines(db: Transaction<Tables>, facts: readonly Fact[]): Promise<void> {
  if (facts.length === 0) return;
  await sql`
    DELETE FROM metered_lines l
    USING unnest(${facts.map(({ deployment_id }) => deployment_id)}::uuid[], ${facts.map(({ period_start }) => period_start)}::timestamptz[],
      ${facts.map(({ granularity }) => granularity)}::text[]) AS k(deployment_id, period_start, granularity)
    WHERE l.deployment_id = k.deployment_id AND l.period_start = k.period_start AND l.granularity = k.granularity`.execute(
    db,
  );
  const lines = facts.flatMap(({ lines: own, deployment_id, period_start, granularity, period, tenant_id }) =>
    own.map(({ resource_id, kind, unit_seconds, divisor }, index) => ({
      deployment_id,
      period_start,
      granularity,
      line_no: index + 1,
      period,
      tenant_id,
      resource_id,
      kind,
      unit_seconds,
      divisor,
    })),
  );
  await sql`
    INSERT INTO metered_lines
    SELECT * FROM json_populate_recordset(NULL::metered_lines, ${JSON.stringify(lines)}::json)`.execute(db);
}

/** Whether usage of a kind has ever been metered; operators add kinds of their own. */
export async function wasEverMetered(db: Transaction<Tables>, kind: string): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM metered_lines WHERE kind = ${kind} LIMIT 1`.execute(db);
  return rows.length > 0;
}

/** Unit-seconds of a kind that each deployment used in a period: the weights of rule `usage`. */
export async function usageOf(
  db: Transaction<Tables>,
  query: { period: string; kind: string },
): Promise<{ deployment_id: string; tenant_id: string; quantity: string }[]> {
  const { rows } = await sql<{ deployment_id: string; tenant_id: string; quantity: string }>`
    SELECT deployment_id, tenant_id, sum(unit_seconds) AS quantity FROM metered_lines
    WHERE period = ${query.period} AND kind = ${query.kind}
    GROUP BY deployment_id, tenant_id HAVING sum(unit_seconds) > 0 ORDER BY deployment_id, tenant_id`.execute(db);
  return rows;
}

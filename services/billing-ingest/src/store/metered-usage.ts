import type { EventData, metering } from '@arcadia/contracts';
import { ensureMonthPartitionsBetween } from '@arcadia/platform';
import { sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

type Fact = EventData<typeof metering.usageAccrued>;

/**
 * Keeps what was metered: of each deployment and day (or hour) the message with the highest revision, whole. Returns the
 * periods in which anything changed.
 */
export const keepFacts = async (db: Transaction<Database>, facts: readonly Fact[]): Promise<string[]> => {
  const newest = new Map<string, Fact>();
  for (const fact of facts) {
    const key = `${fact.deployment_id} ${fact.period_start} ${fact.granularity}`;
    if ((newest.get(key)?.revision ?? 0) < fact.revision) newest.set(key, fact);
  }
  const rows = [...newest.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, fact]) => fact);
  const starts = rows.map(({ period_start }) => period_start).toSorted();
  if (starts[0] === undefined) return [];
  await ensureMonthPartitionsBetween(db, {
    table: 'metered_lines',
    from: Temporal.Instant.from(starts[0]),
    to: Temporal.Instant.from(starts.at(-1) ?? starts[0]),
  });
  const column = (pick: (fact: Fact) => string) => rows.map(pick);
  const { rows: kept } = await sql<{
    deployment_id: string;
    period_start: string;
    granularity: string;
    period: string;
  }>`
    INSERT INTO metered_facts (deployment_id, period_start, granularity, revision, period, tenant_id)
    SELECT * FROM unnest(${column((fact) => fact.deployment_id)}::uuid[], ${column((fact) => fact.period_start)}::timestamptz[],
      ${column((fact) => fact.granularity)}::text[], ${rows.map(({ revision }) => revision)}::int[],
      ${column((fact) => fact.period)}::text[], ${column((fact) => fact.tenant_id)}::text[])
    ON CONFLICT (deployment_id, period_start, granularity) DO UPDATE
      SET revision = excluded.revision, period = excluded.period, tenant_id = excluded.tenant_id
      WHERE metered_facts.revision < excluded.revision
    RETURNING deployment_id, period_start, granularity, period`.execute(db);
  await replaceLines(db, kept, rows);
  return [...new Set(kept.map(({ period }) => period))];
};

const replaceLines = async (
  db: Transaction<Database>,
  kept: readonly { deployment_id: string; period_start: string; granularity: string }[],
  facts: readonly Fact[],
): Promise<void> => {
  if (kept.length === 0) return;
  const keyOf = (each: { deployment_id: string; period_start: string; granularity: string }) =>
    `${each.deployment_id} ${Temporal.Instant.from(each.period_start).toString()} ${each.granularity}`;
  const isKept = new Set(kept.map(keyOf));
  await sql`
    DELETE FROM metered_lines l
    USING unnest(${kept.map(({ deployment_id }) => deployment_id)}::uuid[], ${kept.map(({ period_start }) => period_start)}::timestamptz[],
      ${kept.map(({ granularity }) => granularity)}::text[]) AS k(deployment_id, period_start, granularity)
    WHERE l.deployment_id = k.deployment_id AND l.period_start = k.period_start AND l.granularity = k.granularity`.execute(
    db,
  );
  const lines = facts
    .filter((fact) => isKept.has(keyOf(fact)))
    .flatMap(({ lines: own, deployment_id, period_start, granularity, period, tenant_id }) =>
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
};

/** Whether anything was ever metered of a kind: operators add kinds of their own. */
export const wasEverMetered = async (db: Transaction<Database>, kind: string): Promise<boolean> => {
  const { rows } = await sql`SELECT 1 FROM metered_lines WHERE kind = ${kind} LIMIT 1`.execute(db);
  return rows.length > 0;
};

/** How much of a kind each deployment used in a period: the weights of rule `usage`. */
export const usageOf = async (
  db: Transaction<Database>,
  wanted: { period: string; kind: string },
): Promise<{ deployment_id: string; tenant_id: string; quantity: string }[]> => {
  const { rows } = await sql<{ deployment_id: string; tenant_id: string; quantity: string }>`
    SELECT deployment_id, tenant_id, sum(unit_seconds) AS quantity FROM metered_lines
    WHERE period = ${wanted.period} AND kind = ${wanted.kind}
    GROUP BY deployment_id, tenant_id HAVING sum(unit_seconds) > 0 ORDER BY deployment_id, tenant_id`.execute(db);
  return rows;
};

import { metering, type Period } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { sql } from 'kysely';
import type { Granularity, Window } from '../../domain/days/windows.ts';
import type { Tables } from '../schema.ts';
import { linesQuery } from './lines.ts';

export type Accrual = {
  period: Period;
  granularity: Granularity;
  windows: readonly Window[];
  /** Only these deployments; all by default. */
  deployments?: readonly string[];
  closeRevision: number;
  /** Identifies the rows that this run writes. */
  runId: string;
  at: Temporal.Instant;
};

export type Accrued = { published: number; written: number; removed: number };

/** A message above this many bytes is published by itself, in parts. */
const wholeMessageBytes = 500_000;

/**
 * Turns the states in force in the windows into facts, and publishes those that are new or changed. All of it happens inside
 * Postgres, ordered by key; unchanged facts are neither written nor published.
 */
export async function accrueUsage(tx: Tx<Tables>, accrual: Accrual): Promise<Accrued> {
  if (accrual.windows.length === 0) return { published: 0, written: 0, removed: 0 };
  // New partitions have no statistics, and the planner would choose a nested loop over a day's lines, which takes minutes.
  await sql`SET LOCAL enable_nestloop = off`.execute(tx.sql);
  await sql`SET LOCAL work_mem = '64MB'`.execute(tx.sql);
  const counts = await writeFacts(tx, accrual);
  if (counts.changed > 0) await publishFacts(tx, accrual, counts.changed);
  await sql`SET LOCAL enable_nestloop = on`.execute(tx.sql);
  return { published: counts.changed, written: counts.written, removed: counts.removed };
}

/**
 * A new fact has no rows yet and is inserted without looking; only a correction looks for the rows it replaces, which adds
 * half the cost of an insert.
 */
async function writeFacts(tx: Tx<Tables>, accrual: Accrual) {
  const { granularity, deployments } = accrual;
  const starts = startsOf(accrual);
  const emptyHash = metering.linesHash([]);
  const scope = deployments === undefined ? sql`` : sql` AND deployment_id = ANY (${[...deployments]}::uuid[])`;
  const recordColumns = sql`period_start, deployment_id, resource_id, kind, dimension, granularity, tenant_id, unit_seconds, divisor,
    revision, observations`;
  const records = sql`SELECT l.period_start, l.deployment_id, l.resource_id, l.kind, l.dimension, ${granularity}, c.tenant_id,
    l.unit_seconds, l.divisor, c.revision, l.observations FROM lines l JOIN changed c USING (deployment_id, period_start)`;
  const inOrder = sql`ORDER BY l.period_start, l.deployment_id, l.resource_id, l.kind COLLATE "C", l.dimension COLLATE "C"`;
  const result = await sql<{ changed: string; written: string; removed: string }>`
    WITH lines AS MATERIALIZED (
      SELECT * FROM (${linesQuery(accrual)}) AS unordered
      ORDER BY period_start, deployment_id, resource_id, kind COLLATE "C", dimension COLLATE "C"
    ),
    facts AS (
      SELECT deployment_id, period_start, max(tenant_id) AS tenant_id, count(*)::int AS lines,
        encode(sha256(convert_to('[' || string_agg(
          '[' || coalesce('"' || resource_id || '"', 'null') || ',"' || kind || '","' || unit_seconds || '","' || divisor ||
          CASE WHEN dimension = '' THEN '"]' ELSE '",' || to_json(dimension) || ']' END,
          ',' ORDER BY resource_id NULLS LAST, kind COLLATE "C", dimension COLLATE "C") || ']', 'UTF8')), 'hex') AS hash
      FROM lines GROUP BY deployment_id, period_start
    ),
    standing AS (
      SELECT deployment_id, period_start, tenant_id, revision, hash FROM accruals
      WHERE granularity = ${granularity} AND period_start = ANY (${starts}::timestamptz[])${scope}
    ),
    changed AS MATERIALIZED (
      SELECT deployment_id, period_start, coalesce(f.tenant_id, s.tenant_id) AS tenant_id, coalesce(f.lines, 0) AS lines,
        coalesce(f.hash, ${emptyHash}) AS hash, coalesce(s.revision, 0) + 1 AS revision
      FROM facts f FULL JOIN standing s USING (deployment_id, period_start)
      WHERE coalesce(f.hash, ${emptyHash}) IS DISTINCT FROM s.hash
    ),
    accrued AS (
      INSERT INTO accruals (period_start, deployment_id, granularity, tenant_id, revision, close_revision, lines, hash, run_id, metered_at)
      SELECT period_start, deployment_id, ${granularity}, tenant_id, revision, ${accrual.closeRevision}::int, lines, hash,
        ${accrual.runId}::uuid, ${accrual.at.toString()}::timestamptz
      FROM changed ORDER BY period_start, deployment_id
      ON CONFLICT ON CONSTRAINT accruals_key DO UPDATE SET tenant_id = excluded.tenant_id, revision = excluded.revision,
        close_revision = excluded.close_revision, lines = excluded.lines, hash = excluded.hash, run_id = excluded.run_id,
        metered_at = excluded.metered_at
    ),
    removed AS (
      DELETE FROM usage_records r USING changed c
      WHERE c.revision > 1 AND r.period_start = ANY (${starts}::timestamptz[]) AND r.granularity = ${granularity}
        AND r.period_start = c.period_start AND r.deployment_id = c.deployment_id
        AND NOT EXISTS (
          SELECT FROM lines l WHERE l.period_start = r.period_start AND l.deployment_id = r.deployment_id AND l.kind = r.kind
            AND l.dimension = r.dimension AND l.resource_id IS NOT DISTINCT FROM r.resource_id)
      RETURNING 1
    ),
    fresh AS (
      INSERT INTO usage_records (${recordColumns}) ${records} WHERE c.revision = 1 ${inOrder}
      RETURNING 1
    ),
    corrected AS (
      INSERT INTO usage_records (${recordColumns}) ${records} WHERE c.revision > 1 ${inOrder}
      ON CONFLICT ON CONSTRAINT usage_records_key DO UPDATE SET tenant_id = excluded.tenant_id,
        unit_seconds = excluded.unit_seconds, divisor = excluded.divisor, revision = excluded.revision,
        observations = excluded.observations
      WHERE (usage_records.tenant_id, usage_records.unit_seconds, usage_records.divisor)
        IS DISTINCT FROM (excluded.tenant_id, excluded.unit_seconds, excluded.divisor)
      RETURNING 1
    )
    SELECT (SELECT count(*) FROM changed) AS changed, (SELECT count(*) FROM fresh) + (SELECT count(*) FROM corrected) AS written,
      (SELECT count(*) FROM removed) AS removed`.execute(tx.sql);
  const row = result.rows[0];
  return { changed: Number(row?.changed), written: Number(row?.written), removed: Number(row?.removed) };
}

/** `usage.accrued`, as text: the fields of its contract in SQL. Postgres quotes every value but numbers, UUIDs, names of kinds and constants of ours. */
const messagesQuery = (accrual: Accrual) => {
  const { period, granularity, runId } = accrual;
  const starts = startsOf(accrual);
  const hours = granularity === 'daily' ? 24 : 1;
  return sql`
    WITH tenants AS MATERIALIZED (
      SELECT tenant_id, 'usage.accrued.' || ${period} || '.' || subject_token(tenant_id) || '.' AS subject,
        '{"period":"' || ${period} || '","tenant_id":' || to_json(tenant_id) || ',"deployment_id":"' AS head
      FROM (
        SELECT DISTINCT tenant_id FROM accruals WHERE run_id = ${runId}::uuid AND period_start = ANY (${starts}::timestamptz[])
      ) AS concerned
    )
    SELECT a.deployment_id || ':' || t.starts || ':' || a.granularity || ':' || a.revision AS key,
      n.subject || a.deployment_id AS subject,
      n.head || a.deployment_id || '","granularity":"' || a.granularity || '","period_start":"' || t.starts || '","period_end":"' || t.ends ||
      '","revision":' || a.revision || ',"close_revision":' || a.close_revision ||
      ',"lines":[' || coalesce(l.lines, '') || '],"hash":"' || a.hash || '"}' AS data
    FROM accruals a
    JOIN tenants n ON n.tenant_id = a.tenant_id
    JOIN unnest(${starts}::timestamptz[], ${starts}::text[], ${endsOf(accrual, hours)}::text[]) AS t (period_start, starts, ends)
      ON t.period_start = a.period_start
    LEFT JOIN (
      SELECT deployment_id, period_start, string_agg(
        '{"resource_id":' || coalesce('"' || resource_id || '"', 'null') || ',"kind":"' || kind ||
        CASE WHEN dimension = '' THEN '"' ELSE '","dimension":' || to_json(dimension) END ||
        ',"unit_seconds":"' || unit_seconds || '","divisor":"' || divisor || '","observations":[' || btrim(observations::text, '{}') || ']}', ',') AS lines
      FROM (
        SELECT r.* FROM usage_records r JOIN accruals c USING (period_start, deployment_id, granularity)
        WHERE c.run_id = ${runId}::uuid AND r.granularity = ${granularity}
          AND r.period_start = ANY (${starts}::timestamptz[]) AND c.period_start = ANY (${starts}::timestamptz[])
        ORDER BY r.period_start, r.deployment_id, r.resource_id NULLS LAST, r.kind, r.dimension
      ) AS ordered
      GROUP BY period_start, deployment_id
    ) AS l ON l.deployment_id = a.deployment_id AND l.period_start = a.period_start
    WHERE a.run_id = ${runId}::uuid AND a.granularity = ${granularity} AND a.period_start = ANY (${starts}::timestamptz[])
    ORDER BY a.period_start, a.deployment_id`;
};

async function publishFacts(tx: Tx<Tables>, accrual: Accrual, changed: number): Promise<void> {
  const messages = messagesQuery(accrual);
  const published = await tx.publishFrom(
    metering.usageAccrued,
    sql`SELECT * FROM (${messages}) AS m WHERE octet_length(m.data) <= ${wholeMessageBytes}::int`,
    { occurredAt: accrual.at },
  );
  if (published === changed) return;
  const large = await sql<{ data: string }>`
    SELECT data FROM (${messages}) AS m WHERE octet_length(m.data) > ${wholeMessageBytes}::int`.execute(tx.sql);
  for (const { data } of large.rows) {
    await tx.publish(metering.usageAccrued, metering.usageAccrued.data.parse(JSON.parse(data)), {
      occurredAt: accrual.at,
    });
  }
}

const startsOf = ({ windows }: Accrual): string[] => [...new Set(windows.map(({ start }) => start.toString()))];

const endsOf = (accrual: Accrual, hours: number): string[] =>
  startsOf(accrual).map((start) => Temporal.Instant.from(start).add({ hours }).toString());

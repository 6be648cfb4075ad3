import { type metering, type Period, periodInterval } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { z } from 'zod';
import type { Tables } from '../schema.ts';

export type FactRow = z.infer<typeof metering.usageFact>;

export type FactsOptions = {
  deployment: string;
  tenant: string | null;
  kind?: string;
  resource?: string;
  period?: Period;
  periodStart?: string;
  limit: number;
  /** Start, kind, resource and dimension of the last fact of the page before. */
  after: readonly string[] | null;
};

/** Reports behind a fact without a resource: usage within it and readings in force within it. */
const reportsBehind = sql`
  SELECT json_agg(json_build_object('source', u.source, 'id', u.id, 'form', u.form, 'subject', u.subject,
    'time', ${zulu('u.time')}, 'quantity', trim_scale(u.quantity)::text, 'accepted_at', ${zulu('u.accepted_at')})
    ORDER BY u.time, u.seq)
  FROM usage_reports u
  WHERE u.deployment_id = f.deployment_id AND u.kind = f.kind AND u.time < f.period_end AND (
    (u.form = 'usage' AND u.time >= f.period_start) OR
    (u.form = 'reading' AND NOT EXISTS (
      SELECT FROM usage_reports n WHERE n.form = 'reading' AND n.deployment_id = u.deployment_id AND n.kind = u.kind
        AND n.subject = u.subject AND (n.time, n.seq) > (u.time, u.seq) AND n.time <= greatest(f.period_start, u.time))))`;

const observationsBehind = sql`
  SELECT json_agg(json_build_object('revision', o.revision, 'stream', o.stream, 'sequence', o.stream_seq, 'event_id', o.event_id,
    'effective_at', ${zulu('o.effective_at')}, 'observed_at', ${zulu('o.observed_at')}, 'status', o.status,
    'units', (
      SELECT trim_scale(coalesce(sum(m.units) FILTER (WHERE m.dimension = f.dimension), sum(m.units), 0))::text
      FROM unnest(o.billing_kinds, o.units, o.dimensions) AS m (kind, units, dimension) WHERE m.kind = f.kind
    ), 'is_present', o.is_present) ORDER BY o.revision)
  FROM observations o WHERE o.resource_id = f.resource_id AND o.revision = ANY (f.observations)`;

/** Facts of a deployment in the order of time, each with its observations or reports. */
export async function factsWithEvidence(db: Kysely<Tables>, options: FactsOptions): Promise<FactRow[]> {
  const { deployment, tenant, kind = null, resource = null, period, periodStart = null, after } = options;
  const within = period === undefined ? null : periodInterval(period);
  const result = await sql<FactRow>`
    WITH f AS (
      SELECT *, period_start + CASE granularity WHEN 'daily' THEN interval '24 hours' ELSE interval '1 hour' END AS period_end
      FROM usage_records
      WHERE deployment_id = ${deployment}::uuid AND (${tenant}::text IS NULL OR tenant_id = ${tenant})
        AND (${kind}::text IS NULL OR kind = ${kind}) AND (${resource}::uuid IS NULL OR resource_id = ${resource}::uuid)
        AND period_start >= ${within?.start.toString() ?? '-infinity'}::timestamptz
        AND period_start < ${within?.end.toString() ?? 'infinity'}::timestamptz
        AND (${periodStart}::timestamptz IS NULL OR period_start = ${periodStart}::timestamptz)
        AND (${after === null} OR (period_start, kind, coalesce(resource_id::text, '~') COLLATE "C", dimension)
          > (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}::text, ${after?.[2] ?? null}::text, ${after?.[3] ?? null}::text))
      ORDER BY period_start, kind, coalesce(resource_id::text, '~') COLLATE "C", dimension
      LIMIT ${options.limit}
    )
    SELECT f.tenant_id, f.deployment_id, f.resource_id, f.kind, nullif(f.dimension, '') AS dimension, f.granularity, f.period_start, f.period_end, f.unit_seconds,
      f.divisor::text AS divisor, f.revision,
      (SELECT o.name FROM observations o WHERE o.resource_id = f.resource_id ORDER BY o.revision DESC LIMIT 1) AS resource_name,
      coalesce((${observationsBehind}), '[]') AS observations,
      CASE WHEN f.resource_id IS NULL THEN coalesce((${reportsBehind}), '[]') ELSE '[]' END AS reports
    FROM f ORDER BY f.period_start, f.kind, coalesce(f.resource_id::text, '~') COLLATE "C", f.dimension`.execute(db);
  return result.rows;
}

function zulu(column: string) {
  return sql`rtrim(rtrim(to_char(${sql.ref(column)}, 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z'`;
}

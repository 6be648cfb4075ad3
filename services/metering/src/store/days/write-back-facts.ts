import type { EventData, metering } from '@arcadia/contracts';
import { textLines } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** A fact as it was published, and when. */
export type PublishedFact = EventData<typeof metering.usageAccrued> & { at: string };

/**
 * Writes published facts and their lines unless the same revision or a newer one is there; the lines of an older one are
 * replaced. At most one fact for each deployment, granularity and start.
 */
export async function writeBackFacts(
  db: Kysely<Tables>,
  facts: readonly PublishedFact[],
  runId: string,
): Promise<void> {
  await sql`
    WITH given AS (
      SELECT fact->>'deployment_id' AS deployment, (fact->>'deployment_id')::uuid AS deployment_id,
        (fact->>'period_start')::timestamptz AS period_start, fact->>'granularity' AS granularity,
        fact->>'tenant_id' AS tenant_id, (fact->>'revision')::int AS revision,
        (fact->>'close_revision')::int AS close_revision, fact->>'hash' AS hash, (fact->>'at')::timestamptz AS at,
        fact->'lines' AS lines
      FROM (SELECT text::json AS fact FROM ${textLines(facts.map((fact) => JSON.stringify(fact)))} AS t(text)) AS facts
    ),
    written AS (
      INSERT INTO accruals AS a (period_start, deployment_id, granularity, tenant_id, revision, close_revision, lines, hash, run_id, metered_at)
      SELECT period_start, deployment_id, granularity, tenant_id, revision, close_revision, json_array_length(lines), hash,
        ${runId}::uuid, at
      FROM given ORDER BY period_start, deployment_id
      ON CONFLICT ON CONSTRAINT accruals_key DO UPDATE SET tenant_id = excluded.tenant_id, revision = excluded.revision,
        close_revision = excluded.close_revision, lines = excluded.lines, hash = excluded.hash, run_id = excluded.run_id,
        metered_at = excluded.metered_at
      WHERE excluded.revision > a.revision
      RETURNING period_start, deployment_id, granularity
    ),
    lines AS (
      SELECT g.period_start, g.deployment_id, (line->>'resource_id')::uuid AS resource_id, line->>'kind' AS kind,
        coalesce(line->>'dimension', '') AS dimension, g.granularity, g.tenant_id, (line->>'unit_seconds')::numeric AS unit_seconds,
        (line->>'divisor')::int AS divisor, g.revision,
        ARRAY(SELECT value::int FROM json_array_elements_text(line->'observations') AS value) AS observations
      FROM written JOIN given g USING (period_start, deployment_id, granularity), json_array_elements(g.lines) AS line
    ),
    removed AS (
      DELETE FROM usage_records r USING written w
      WHERE r.period_start = w.period_start AND r.deployment_id = w.deployment_id AND r.granularity = w.granularity
        AND NOT EXISTS (
          SELECT FROM lines l WHERE l.period_start = r.period_start AND l.deployment_id = r.deployment_id AND l.kind = r.kind
            AND l.dimension = r.dimension AND l.granularity = r.granularity AND l.resource_id IS NOT DISTINCT FROM r.resource_id)
    )
    INSERT INTO usage_records (period_start, deployment_id, resource_id, kind, dimension, granularity, tenant_id, unit_seconds, divisor,
      revision, observations)
    SELECT * FROM lines ORDER BY period_start, deployment_id, resource_id, kind COLLATE "C", dimension COLLATE "C"
    ON CONFLICT ON CONSTRAINT usage_records_key DO UPDATE SET tenant_id = excluded.tenant_id,
      unit_seconds = excluded.unit_seconds, divisor = excluded.divisor, revision = excluded.revision,
      observations = excluded.observations
    WHERE (usage_records.tenant_id, usage_records.unit_seconds, usage_records.divisor)
      IS DISTINCT FROM (excluded.tenant_id, excluded.unit_seconds, excluded.divisor)`.execute(db);
}

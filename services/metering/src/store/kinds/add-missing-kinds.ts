import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** A billing kind as the registry of resource kinds has it. */
export type Known = {
  kind: string;
  unit: string;
  per: 'hour' | 'month' | null;
  resource: string | null;
  dimension: string | null;
};

/** Inserts the kinds that have no configuration and returns their names; several replicas may do it at the same time. */
export async function addMissingKinds(
  db: Kysely<Tables>,
  { known, today, now }: { known: readonly Known[]; today: string; now: string },
): Promise<string[]> {
  const column = <T>(pick: (one: Known) => T): T[] => known.map(pick);
  const added = await sql<{ kind: string }>`
    INSERT INTO metering_config
      (kind, revision, effective_from, unit, per, dimension, resource_kind, granularity, retention_days, is_enabled, changed_by, changed_at)
    SELECT kind, 1, CASE WHEN EXISTS (SELECT FROM metered_days) THEN ${today}::date ELSE '1970-01-01' END, unit, per,
      dimension, resource_kind, 'daily', 400, true, 'service:metering', ${now}::timestamptz
    FROM unnest(${column(({ kind }) => kind)}::text[], ${column(({ unit }) => unit)}::text[],
      ${column(({ per }) => per)}::text[], ${column(({ dimension }) => dimension)}::text[],
      ${column(({ resource }) => resource)}::text[]) AS known(kind, unit, per, dimension, resource_kind)
    WHERE NOT EXISTS (SELECT FROM metering_config AS present WHERE present.kind = known.kind)
    ON CONFLICT (kind, revision) DO NOTHING
    RETURNING kind`.execute(db);
  return added.rows.map(({ kind }) => kind).toSorted();
}

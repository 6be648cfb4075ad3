import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { Known } from './add-missing-kinds.ts';

export type RecordedDimension = { kind: string; dimension: string | null; from: string };

/**
 * Makes the facts of each kind contain the dimension that the registry names: from the beginning where no day is metered, else
 * by a new revision from the day after today and after every metered day. Returns what changed.
 */
export async function recordDimensions(
  db: Kysely<Tables>,
  { known, today, now }: { known: readonly Known[]; today: string; now: string },
): Promise<RecordedDimension[]> {
  const names = sql`unnest(${known.map(({ kind }) => kind)}::text[], ${known.map(({ dimension }) => dimension)}::text[])
    AS known (kind, dimension)`;
  await sql`
    UPDATE metering_config AS c SET dimension = known.dimension FROM ${names}
    WHERE c.kind = known.kind AND c.dimension IS DISTINCT FROM known.dimension AND NOT EXISTS (SELECT FROM metered_days)`.execute(
    db,
  );
  const added = await sql<RecordedDimension>`
    INSERT INTO metering_config (kind, revision, effective_from, unit, per, dimension, resource_kind, granularity, retention_days,
      is_enabled, changed_by, changed_at)
    SELECT c.kind, c.revision + 1, greatest(c.effective_from, ${today}::date + 1, (SELECT max(day) + 1 FROM metered_days)), c.unit, c.per,
      known.dimension, c.resource_kind, c.granularity, c.retention_days, c.is_enabled, 'service:metering', ${now}::timestamptz
    FROM ${names} JOIN (
      SELECT DISTINCT ON (kind) * FROM metering_config ORDER BY kind, revision DESC
    ) AS c ON c.kind = known.kind
    WHERE c.dimension IS DISTINCT FROM known.dimension
    ORDER BY c.kind
    RETURNING kind, dimension, effective_from AS from`.execute(db);
  return added.rows;
}

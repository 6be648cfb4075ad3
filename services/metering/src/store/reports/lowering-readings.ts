import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';
import { type Placed, rowsOf } from './reports.ts';

/** The size that was known for the time of a reading, and the end of the metered time. */
export type Lowered = { known: string; meteredUntil: string };

/**
 * Readings of metered time that state a smaller size than the one known for that time, by index. A reading that is stored already
 * is not among them, nor is one of which no earlier size is known.
 */
export async function loweringReadings(
  db: Kysely<Tables>,
  placed: readonly Placed[],
): Promise<ReadonlyMap<number, Lowered>> {
  const readings = placed.filter(({ report }) => report.form === 'reading');
  if (readings.length === 0) return new Map();
  const result = await sql<{ index: number; known: string; metered_until: string }>`
    SELECT t.index, trim_scale(known.quantity)::text AS known, metered.until AS metered_until
    FROM ${rowsOf(readings)} CROSS JOIN (SELECT max(metered_until) AS until FROM metered_days) AS metered
    CROSS JOIN LATERAL (
      SELECT u.quantity FROM usage_reports u
      WHERE u.form = 'reading' AND u.deployment_id = t.deployment_id AND u.kind = t.kind AND u.subject = t.subject AND u.time <= t.time
      ORDER BY u.time DESC, u.seq DESC LIMIT 1
    ) AS known
    WHERE t.time < metered.until AND t.quantity < known.quantity AND NOT EXISTS (
      SELECT FROM usage_reports u WHERE u.tenant_id = t.tenant_id AND u.source = t.source AND u.id = t.id)`.execute(db);
  return new Map(result.rows.map(({ index, known, metered_until: meteredUntil }) => [index, { known, meteredUntil }]));
}

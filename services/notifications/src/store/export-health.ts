import { type Kysely, sql, type Transaction } from 'kysely';
import type { ScheduledExportRow, Tables } from './schema.ts';
import type { ExportMonth, SettledRun } from './settle-runs.ts';

/** Notes how an attempt went: a month fails from its first failure until it is delivered. */
export async function noteAttempt(
  db: Transaction<Tables>,
  { export_id, period }: ExportMonth,
  { error, attemptedAt }: Pick<SettledRun, 'error' | 'attemptedAt'>,
): Promise<void> {
  if (error === null)
    await sql`DELETE FROM export_health WHERE export_id = ${export_id}::uuid AND period = ${period}`.execute(db);
  else
    await sql`
      INSERT INTO export_health (export_id, period, failing_since, error)
      VALUES (${export_id}::uuid, ${period}, ${attemptedAt}::timestamptz, ${error})
      ON CONFLICT (export_id, period) DO UPDATE SET error = excluded.error`.execute(db);
}

/** An export that keeps failing, by the month that has failed longest. */
export type FailingExport = Pick<
  ScheduledExportRow,
  'export_id' | 'tenant_id' | 'description' | 'dataset' | 'format' | 'endpoint_url' | 'bucket'
> & { period: string; failing_since: string; error: string };

const shown = sql`
  e.export_id, e.tenant_id, e.description, e.dataset, e.format, e.endpoint_url, e.bucket, h.period, h.failing_since, h.error`;

/**
 * Marks an export as noticed, if a month of it has failed since before an instant and none is marked. Its row must be locked, so that of two attempts
 * only one marks it.
 * @returns the export if it was marked
 */
export async function noticeFailing(
  db: Transaction<Tables>,
  { exportId, before, now }: { exportId: string; before: Temporal.Instant; now: Temporal.Instant },
): Promise<FailingExport | null> {
  const { rows } = await sql<FailingExport>`
    WITH oldest AS (
      SELECT export_id, period FROM export_health h
      WHERE export_id = ${exportId}::uuid AND failing_since <= ${before.toString()}::timestamptz
        AND NOT EXISTS (SELECT 1 FROM export_health n WHERE n.export_id = h.export_id AND n.noticed_at IS NOT NULL)
      ORDER BY failing_since, period LIMIT 1
    )
    UPDATE export_health h SET noticed_at = ${now.toString()}::timestamptz
    FROM oldest o JOIN scheduled_exports e USING (export_id) WHERE h.export_id = o.export_id AND h.period = o.period
    RETURNING ${shown}`.execute(db);
  return rows[0] ?? null;
}

/** How many exports keep failing that are not paused, and the one that has for longest. */
export async function failingExports(db: Kysely<Tables>): Promise<{ failing: number; oldest: FailingExport | null }> {
  const { rows } = await sql<FailingExport & { failing: string }>`
    SELECT ${shown}, (
      SELECT count(DISTINCT export_id) FROM export_health JOIN scheduled_exports p USING (export_id)
      WHERE noticed_at IS NOT NULL AND NOT p.is_paused) AS failing
    FROM export_health h JOIN scheduled_exports e USING (export_id)
    WHERE h.noticed_at IS NOT NULL AND NOT e.is_paused ORDER BY h.failing_since, e.export_id LIMIT 1`.execute(db);
  return { failing: Number(rows[0]?.failing ?? 0), oldest: rows[0] ?? null };
}

/** Forgets months that have failed since before an instant: they are exported no more, or are noticed anew. */
export async function forgetFailingBefore(db: Kysely<Tables>, before: Temporal.Instant): Promise<void> {
  await sql`DELETE FROM export_health WHERE failing_since < ${before.toString()}::timestamptz`.execute(db);
}

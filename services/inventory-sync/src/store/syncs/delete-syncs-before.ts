import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** Deletes old sweeps that a later complete sweep of their kind supersedes, old sync requests, and old entries of the action log. */
export async function deleteSyncsBefore(db: Kysely<Tables>, before: Temporal.Instant): Promise<void> {
  const at = before.toString();
  await sql`
    DELETE FROM sweeps AS s WHERE s.started_at < ${at} AND EXISTS (
      SELECT 1 FROM sweeps AS later WHERE later.kind = s.kind AND later.sweep > s.sweep AND later.status IN ('complete', 'confirmed')
    )`.execute(db);
  await sql`DELETE FROM sync_requests WHERE requested_at < ${at}`.execute(db);
  await sql`DELETE FROM provider_actions WHERE started_at < ${at}`.execute(db);
}

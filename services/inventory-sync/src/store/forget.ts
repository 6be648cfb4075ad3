import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/** Removes what nobody asks for any more: sweeps that a later complete one of their kind has outlived, and actions that a history holds. */
export async function forgetBefore(db: Kysely<Database>, before: Temporal.Instant): Promise<void> {
  const at = before.toString();
  await sql`
    DELETE FROM sweeps AS s WHERE s.started_at < ${at} AND EXISTS (
      SELECT 1 FROM sweeps AS later WHERE later.kind = s.kind AND later.sweep > s.sweep AND later.status IN ('complete', 'confirmed')
    )`.execute(db);
  await sql`DELETE FROM sync_requests WHERE requested_at < ${at}`.execute(db);
  await sql`DELETE FROM provider_actions WHERE started_at < ${at}`.execute(db);
}

import { type Kysely, sql } from 'kysely';
import type { SyncRequests, Tables } from '../schema.ts';

export async function keepSyncRequest(
  db: Kysely<Tables>,
  request: { syncId: string; requestedAt: Temporal.Instant; requestedBy: string; jobs: readonly string[] },
): Promise<void> {
  await sql`
    INSERT INTO sync_requests (sync_id, requested_at, requested_by, jobs)
    VALUES (${request.syncId}, ${request.requestedAt.toString()}, ${request.requestedBy}, ${request.jobs}::text[])
    ON CONFLICT DO NOTHING`.execute(db);
}

export async function findSyncRequest(db: Kysely<Tables>, syncId: string): Promise<SyncRequests | undefined> {
  const rows = await sql<SyncRequests>`SELECT * FROM sync_requests WHERE sync_id = ${syncId}`.execute(db);
  return rows.rows[0];
}

import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** The plans of the backups of present droplets that the inventory knows, by provider id of the droplet. */
export async function backupPlans(db: Kysely<Tables>): Promise<Map<string, string>> {
  const { rows } = await sql<{ provider_id: string; plan: string }>`
    SELECT provider_id, attrs ->> 'backup_plan' AS plan FROM cloud_resources
    WHERE kind = 'droplet' AND deleted_at IS NULL AND attrs ->> 'backup_plan' IS NOT NULL`.execute(db);
  return new Map(rows.map(({ provider_id, plan }) => [provider_id, plan]));
}

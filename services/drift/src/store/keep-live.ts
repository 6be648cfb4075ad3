import type { EventData, inventorySync } from '@arcadia/contracts';
import { sql, type Transaction } from 'kysely';
import type { Schema } from './schema.ts';

type Observed = EventData<typeof inventorySync.resourceObserved>;

/** The present state of each resource: the one effective last, and of two effective at once the one said last. */
export async function keepLive(db: Transaction<Schema>, observed: readonly Observed[]): Promise<void> {
  const column = <T>(pick: (one: Observed) => T) => observed.map(pick);
  await sql`
    INSERT INTO live (resource_id, provider, kind, provider_id, name, status, region, attrs, is_present,
      tenant_id, deployment_id, project_id, effective_at, observed_at, revision)
    SELECT DISTINCT ON (resource_id) * FROM unnest(
      ${column((o) => o.resource_id)}::uuid[], ${column((o) => o.provider)}::text[], ${column((o) => o.kind)}::text[],
      ${column((o) => o.provider_id)}::text[], ${column((o) => o.name)}::text[], ${column((o) => o.status)}::text[],
      ${column((o) => o.region)}::text[], ${column((o) => JSON.stringify(o.attrs))}::jsonb[],
      ${column((o) => o.is_present)}::boolean[], ${column((o) => o.owner.tenant_id)}::text[],
      ${column((o) => o.owner.deployment_id)}::uuid[], ${column((o) => o.owner.project_id)}::uuid[],
      ${column((o) => o.effective_at)}::timestamptz[], ${column((o) => o.observed_at)}::timestamptz[],
      ${column((o) => o.revision)}::int[]
    ) AS said (resource_id, provider, kind, provider_id, name, status, region, attrs, is_present,
      tenant_id, deployment_id, project_id, effective_at, observed_at, revision)
    ORDER BY resource_id, effective_at DESC, revision DESC
    ON CONFLICT (resource_id) DO UPDATE SET
      name = excluded.name, status = excluded.status, region = excluded.region, attrs = excluded.attrs,
      is_present = excluded.is_present, tenant_id = excluded.tenant_id, deployment_id = excluded.deployment_id,
      project_id = excluded.project_id, effective_at = excluded.effective_at, observed_at = excluded.observed_at,
      revision = excluded.revision
    WHERE (live.effective_at, live.revision) < (excluded.effective_at, excluded.revision)`.execute(db);
}

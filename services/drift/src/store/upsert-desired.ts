import type { EventData, provisioning } from '@arcadia/contracts';
import { sql, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';

type Provisioned = EventData<typeof provisioning.resourceProvisioned>;

/**
 * Stores the newest desired state of each resource. Separately from the revision it keeps the latest time at which a saga
 * changed the resource, in whatever order the messages come: its actual state is unknown until it is observed after that.
 */
export async function upsertDesired(db: Transaction<Tables>, provisioned: readonly Provisioned[]): Promise<void> {
  const column = <T>(pick: (one: Provisioned) => T) => provisioned.map(pick);
  await sql`
    WITH received AS (
      SELECT * FROM unnest(
        ${column((p) => p.resource_id)}::uuid[], ${column((p) => p.provider)}::text[], ${column((p) => p.kind)}::text[],
        ${column((p) => p.provider_id)}::text[], ${column((p) => p.deployment_id)}::uuid[],
        ${column((p) => p.tenant_id)}::text[], ${column((p) => (p.spec === null ? null : JSON.stringify(p.spec)))}::jsonb[],
        ${column((p) => p.spec_version)}::int[], ${column((p) => (p.saga_id === null ? null : p.effective_at))}::timestamptz[],
        ${column((p) => p.revision)}::int[]
      ) AS received (resource_id, provider, kind, provider_id, deployment_id, tenant_id, spec, spec_version, restored_at, revision)
    )
    INSERT INTO desired AS known
      (resource_id, provider, kind, provider_id, deployment_id, tenant_id, spec, spec_version, restored_at, revision)
    SELECT DISTINCT ON (resource_id) resource_id, provider, kind, provider_id, deployment_id, tenant_id, spec, spec_version,
      max(restored_at) OVER (PARTITION BY resource_id), revision
    FROM received ORDER BY resource_id, revision DESC
    ON CONFLICT (resource_id) DO UPDATE SET
      deployment_id = CASE WHEN known.revision < excluded.revision THEN excluded.deployment_id ELSE known.deployment_id END,
      tenant_id = CASE WHEN known.revision < excluded.revision THEN excluded.tenant_id ELSE known.tenant_id END,
      spec = CASE WHEN known.revision < excluded.revision THEN excluded.spec ELSE known.spec END,
      spec_version = CASE WHEN known.revision < excluded.revision THEN excluded.spec_version ELSE known.spec_version END,
      restored_at = greatest(known.restored_at, excluded.restored_at),
      revision = greatest(known.revision, excluded.revision)`.execute(db);
}

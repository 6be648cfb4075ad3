import { type EventData, type inventorySync } from '@arcadia/contracts';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Schema } from './schema.ts';

type Db = Kysely<Schema> | Transaction<Schema>;
type Observed = EventData<typeof inventorySync.resourceObserved>;

/** The latest state of each resource: the one effective last, and of two effective at once the one said last. */
export async function keepObserved(db: Transaction<Schema>, observed: readonly Observed[]): Promise<void> {
  const column = <T>(pick: (one: Observed) => T) => observed.map(pick);
  await sql`
    INSERT INTO known_resources AS known
      (resource_id, provider, kind, provider_id, name, status, is_present, deployment_id, tenant_id, effective_at, revision)
    SELECT DISTINCT ON (resource_id) * FROM unnest(
      ${column((o) => o.resource_id)}::uuid[], ${column((o) => o.provider)}::text[], ${column((o) => o.kind)}::text[],
      ${column((o) => o.provider_id)}::text[], ${column((o) => o.name)}::text[], ${column((o) => o.status)}::text[],
      ${column((o) => o.is_present)}::boolean[], ${column((o) => o.owner.deployment_id)}::uuid[],
      ${column((o) => o.owner.tenant_id)}::text[], ${column((o) => o.effective_at)}::timestamptz[],
      ${column((o) => o.revision)}::int[]
    ) AS said (resource_id, provider, kind, provider_id, name, status, is_present, deployment_id, tenant_id, effective_at, revision)
    ORDER BY resource_id, effective_at DESC, revision DESC
    ON CONFLICT (resource_id) DO UPDATE SET
      name = excluded.name, status = excluded.status, is_present = excluded.is_present,
      deployment_id = excluded.deployment_id, tenant_id = excluded.tenant_id,
      effective_at = excluded.effective_at, revision = excluded.revision
    WHERE (known.effective_at, known.revision) < (excluded.effective_at, excluded.revision)`.execute(db);
}

export type KnownResource = {
  resource_id: string;
  provider: string;
  kind: string;
  provider_id: string;
  name: string;
  status: string | null;
  is_present: boolean;
  deployment_id: string | null;
  tenant_id: string | null;
};

export async function findKnownResource(db: Db, resourceId: string): Promise<KnownResource | null> {
  const row = await db
    .selectFrom('known_resources')
    .select([
      'resource_id',
      'provider',
      'kind',
      'provider_id',
      'name',
      'status',
      'is_present',
      'deployment_id',
      'tenant_id',
    ])
    .where('resource_id', '=', resourceId)
    .executeTakeFirst();
  return row ?? null;
}

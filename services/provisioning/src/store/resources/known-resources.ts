import { type EventData, type inventorySync, isPriced } from '@arcadia/contracts';
import { upsertNewest } from '@arcadia/platform';
import type { Kysely, Transaction } from 'kysely';
import type { KnownResourceTable, Tables } from '../schema.ts';

type Db = Kysely<Tables> | Transaction<Tables>;
type Observed = EventData<typeof inventorySync.resourceObserved>;

/** Keeps the latest state of each resource: the one with the newest `effective_at`, then the highest revision. */
export async function saveObserved(db: Transaction<Tables>, observed: readonly Observed[]): Promise<void> {
  await upsertNewest(
    db,
    { name: 'known_resources', key: ['resource_id'], newest: ['effective_at', 'revision'] },
    observed.map(rowOf),
  );
}

const rowOf = ({ owner, ...resource }: Observed): KnownResourceTable => ({
  resource_id: resource.resource_id,
  provider: resource.provider,
  kind: resource.kind,
  provider_id: resource.provider_id,
  name: resource.name,
  status: resource.status,
  is_present: resource.is_present,
  deployment_id: owner.deployment_id,
  tenant_id: owner.tenant_id,
  effective_at: resource.effective_at,
  revision: resource.revision,
  created_at: resource.created_at,
  attributed_by: owner.attributed_by,
  attrs: Object.fromEntries(
    Object.entries(resource.attrs).filter(([name]) => name === 'source_id' || isPriced(resource.kind, name)),
  ),
});

export type KnownResource = Omit<
  KnownResourceTable,
  'effective_at' | 'revision' | 'created_at' | 'attributed_by' | 'attrs'
>;

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

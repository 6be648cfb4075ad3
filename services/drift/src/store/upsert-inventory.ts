import type { EventData, inventorySync } from '@arcadia/contracts';
import { upsertNewest } from '@arcadia/platform';
import { sql, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';

type Observed = EventData<typeof inventorySync.resourceObserved>;
type Swept = EventData<typeof inventorySync.inventorySwept>;
type Price = EventData<typeof inventorySync.priceObserved>;

/** Stores the present state of each resource: the latest effective one, and of two effective at once the higher revision. */
export async function upsertLive(db: Transaction<Tables>, observed: readonly Observed[]): Promise<void> {
  await upsertNewest(
    db,
    { name: 'live', key: ['resource_id'], newest: ['effective_at', 'revision'] },
    observed.map((one) => ({
      resource_id: one.resource_id,
      provider: one.provider,
      kind: one.kind,
      provider_id: one.provider_id,
      name: one.name,
      status: one.status,
      region: one.region,
      attrs: one.attrs,
      is_present: one.is_present,
      tenant_id: one.owner.tenant_id,
      deployment_id: one.owner.deployment_id,
      attributed_by: one.owner.attributed_by,
      effective_at: one.effective_at,
      observed_at: one.observed_at,
      revision: one.revision,
    })),
  );
}

/** Stores which image each image slug names, or has named. */
export async function insertImageSlugs(db: Transaction<Tables>, observed: readonly Observed[]): Promise<void> {
  const images = observed.flatMap(({ provider, kind, attrs: { image, image_id: id } }) =>
    kind === 'droplet' && typeof image === 'string' && (typeof id === 'string' || typeof id === 'number')
      ? [{ provider, slug: image, image_id: String(id) }]
      : [],
  );
  if (images.length === 0) return;
  await sql`
    INSERT INTO image_slugs (provider, slug, image_id)
    SELECT DISTINCT provider, slug, image_id FROM json_populate_recordset(NULL::image_slugs, ${JSON.stringify(images)}::json)
    ORDER BY provider, slug, image_id
    ON CONFLICT DO NOTHING`.execute(db);
}

/** Stores the shape of each droplet size: a slug may be replaced by another one for the same shape. */
export async function insertSizeShapes(db: Transaction<Tables>, observed: readonly Observed[]): Promise<void> {
  const shapes = observed.flatMap(({ provider, kind, attrs: { size_slug: slug, vcpus, memory_mb, disk_gb } }) =>
    kind === 'droplet' && typeof slug === 'string' && vcpus !== undefined && memory_mb !== undefined
      ? [{ provider, slug, vcpus, memory_mb, disk_gb }]
      : [],
  );
  if (shapes.length === 0) return;
  await sql`
    INSERT INTO size_shapes (provider, slug, vcpus, memory_mb, disk_gb)
    SELECT DISTINCT provider, slug, vcpus, memory_mb, disk_gb
    FROM json_populate_recordset(NULL::size_shapes, ${JSON.stringify(shapes)}::json)
    WHERE vcpus IS NOT NULL AND memory_mb IS NOT NULL AND disk_gb IS NOT NULL
    ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT DO NOTHING`.execute(db);
}

/** Stores when the last complete sync of each resource kind began. */
export async function upsertSweeps(db: Transaction<Tables>, swept: readonly Swept[]): Promise<void> {
  await upsertNewest(
    db,
    { name: 'sweeps', key: ['provider', 'kind'], newest: ['started_at'] },
    swept.map(({ provider, kind, started_at }) => ({ provider, kind, started_at })),
  );
}

/** Stores the latest monthly list price of each size. */
export async function upsertPrices(db: Transaction<Tables>, prices: readonly Price[]): Promise<void> {
  await upsertNewest(
    db,
    { name: 'prices', key: ['provider', 'size_slug'], newest: ['effective_at'] },
    prices.map(({ provider, size_slug, price_monthly, currency, effective_at }) => ({
      provider,
      size_slug,
      price_monthly,
      currency,
      effective_at,
    })),
  );
}

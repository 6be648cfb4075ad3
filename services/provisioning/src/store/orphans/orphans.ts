import { type Kysely, sql, type Transaction } from 'kysely';
import type { SagaRow } from '../sagas/sagas.ts';
import type { SagaOrphanTable, Tables } from '../schema.ts';

type OrphanRow = Omit<SagaOrphanTable, 'saga_id'>;

/** Ended sagas whose orphans are to be searched for now, the longest overdue first. */
export async function sagasToSearch(db: Kysely<Tables>, now: Temporal.Instant, limit: number): Promise<SagaRow[]> {
  return db
    .selectFrom('saga_runs')
    .selectAll()
    .where('next_orphan_search_at', '<=', now.toString())
    .orderBy('next_orphan_search_at')
    .limit(limit)
    .execute();
}

/** Records the end of a search, unless the saga has been retried meanwhile. */
export async function writeSearch(
  db: Transaction<Tables>,
  saga: Pick<SagaRow, 'saga_id' | 'revision'>,
  nextAt: Temporal.Instant | null,
): Promise<void> {
  await db
    .updateTable('saga_runs')
    .set({ next_orphan_search_at: nextAt?.toString() ?? null })
    .where('saga_id', '=', saga.saga_id)
    .where('revision', '=', saga.revision)
    .execute();
}

/** Records an orphan that was found, or the present reason that it is kept. */
export async function saveOrphan(db: Kysely<Tables>, orphan: SagaOrphanTable): Promise<void> {
  await db
    .insertInto('saga_orphans')
    .values(orphan)
    .onConflict((conflict) =>
      conflict.columns(['saga_id', 'kind', 'provider_id']).doUpdateSet({ kept_because: orphan.kept_because }),
    )
    .execute();
}

/** Records that the orphans of a saga that were to be removed are gone, except those that are left. */
export async function markRemoved(
  db: Kysely<Tables>,
  given: { sagaId: string; left: readonly string[]; at: Temporal.Instant },
): Promise<void> {
  await sql`
    UPDATE saga_orphans SET removed_at = ${given.at.toString()}::timestamptz
    WHERE saga_id = ${given.sagaId} AND removed_at IS NULL AND kept_because IS NULL
      AND provider_id <> ALL(${[...given.left]}::text[])`.execute(db);
}

export async function orphansOf(db: Kysely<Tables>, sagaId: string): Promise<OrphanRow[]> {
  return db
    .selectFrom('saga_orphans')
    .select(['kind', 'provider_id', 'name', 'found_at', 'removed_at', 'kept_because'])
    .where('saga_id', '=', sagaId)
    .orderBy('found_at')
    .orderBy('provider_id')
    .execute();
}

/** Whether these resources are attributed by hand, or have a desired state, by resource id. */
export async function claimsOn(
  db: Kysely<Tables>,
  resourceIds: readonly string[],
): Promise<Map<string, { isAttributedByHand: boolean; hasDesiredState: boolean }>> {
  const found = await sql<{ resource_id: string; by_hand: boolean; desired: boolean }>`
    SELECT resource_id, coalesce(known.attributed_by = 'hand', false) AS by_hand, desired.spec IS NOT NULL AS desired
    FROM unnest(${[...resourceIds]}::uuid[]) AS given(resource_id)
    LEFT JOIN known_resources AS known USING (resource_id)
    LEFT JOIN cloud_provisioned AS desired USING (resource_id)`.execute(db);
  return new Map(
    found.rows.map((row) => [row.resource_id, { isAttributedByHand: row.by_hand, hasDesiredState: row.desired }]),
  );
}

import { type SortColumn, type Sorting, sortedBy } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import type { SagaState } from '../../domain/sagas/saga.ts';
import type { Tables } from '../schema.ts';
import type { SagaRow, StepRow } from './sagas.ts';

const sortId = { column: sql`saga_id`, type: 'uuid' } as const;
const sortColumns = {
  created_at: { value: sql`created_at`, type: 'timestamptz' },
  kind: { value: sql`kind`, type: 'text' },
  status: { value: sql`status`, type: 'text' },
} as const satisfies Record<string, SortColumn>;

/** Sagas, newest first unless they are sorted; one row more than the limit when there are more. */
export async function pageOfSagas(
  db: Kysely<Tables>,
  page: {
    status: SagaState['status'] | undefined;
    kind: string | undefined;
    deploymentId: string | undefined;
    /** `created_at` and the id of the last saga of the page before. */
    before: readonly string[] | null;
    sorting: Sorting<keyof typeof sortColumns> | null;
    limit: number;
  },
): Promise<(SagaRow & { sort_key: string | null })[]> {
  const sorted = page.sorting === null ? null : sortedBy(sortColumns[page.sorting.key], sortId, page.sorting);
  let query = db
    .selectFrom('saga_runs')
    .selectAll()
    .select(sql<string | null>`${sorted?.key ?? sql`NULL`}`.as('sort_key'));
  if (page.status !== undefined) query = query.where('status', '=', page.status);
  if (page.kind !== undefined) query = query.where('kind', '=', page.kind);
  if (page.deploymentId !== undefined) query = query.where('deployment_id', '=', page.deploymentId);
  if (page.before !== null) {
    const [createdAt, sagaId] = page.before;
    query = query.where(sql<boolean>`(created_at, saga_id) < (${createdAt}::timestamptz, ${sagaId}::uuid)`);
  }
  if (sorted !== null) query = query.where(sql<boolean>`${sorted.page}`);
  return query
    .orderBy(sorted?.order ?? sql`created_at DESC, saga_id DESC`)
    .limit(page.limit + 1)
    .execute();
}

/** The steps of several sagas that have begun. */
export async function stepRowsOfAll(db: Kysely<Tables>, sagaIds: readonly string[]): Promise<Map<string, StepRow[]>> {
  const bySaga = new Map<string, StepRow[]>();
  if (sagaIds.length === 0) return bySaga;
  const rows = await db
    .selectFrom('saga_step_results')
    .select([
      'saga_id',
      'index',
      'name',
      'status',
      'output',
      'error',
      'compensation_error',
      'started_at',
      'finished_at',
    ])
    .where('saga_id', 'in', sagaIds)
    .orderBy('saga_id')
    .orderBy('index')
    .execute();
  for (const { saga_id: sagaId, ...row } of rows) bySaga.set(sagaId, [...(bySaga.get(sagaId) ?? []), row]);
  return bySaga;
}

/** The ids of the droplets that the last suspension of a deployment found on; null when no saga has suspended it. */
export async function switchedOffBySuspension(db: Kysely<Tables>, deploymentId: string): Promise<string[] | null> {
  const row = await sql<{ was_on: string[] | null }>`
    SELECT context -> 'was_on' AS was_on FROM saga_runs
    WHERE deployment_id = ${deploymentId} AND kind = 'suspend' AND status = 'completed'
    ORDER BY created_at DESC, recorded_at DESC LIMIT 1`.execute(db);
  return row.rows[0]?.was_on ?? null;
}

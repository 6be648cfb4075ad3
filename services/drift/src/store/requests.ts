import { sql, type Transaction } from 'kysely';
import type { DriftRow, Tables } from './schema.ts';

export async function lockDrift(db: Transaction<Tables>, driftId: string): Promise<DriftRow | null> {
  const row = await db
    .selectFrom('cloud_drift')
    .selectAll()
    .where('drift_id', '=', driftId)
    .forUpdate()
    .executeTakeFirst();
  return row ?? null;
}

/** Locks rows, always in the order of their ids, so that two transactions never deadlock. */
export async function lockDrifts(db: Transaction<Tables>, driftIds: readonly string[]): Promise<Map<string, DriftRow>> {
  const rows = await db
    .selectFrom('cloud_drift')
    .selectAll()
    .where('drift_id', 'in', driftIds)
    .orderBy('drift_id')
    .forUpdate()
    .execute();
  return new Map(rows.map((row) => [row.drift_id, row]));
}

/** Records on locked open rows that their acceptance is requested. */
export async function writeAccepts(
  db: Transaction<Tables>,
  driftIds: readonly string[],
  request: { by: string; at: Temporal.Instant; reason: string | null },
): Promise<void> {
  await sql`
    UPDATE cloud_drift SET requested_action = 'accept', request = request + 1, requested_by = ${request.by},
      requested_at = ${request.at.toString()}, refusal = NULL, saga_id = NULL, reason = ${request.reason}, revision = revision + 1
    WHERE drift_id = ANY(${[...driftIds]}::uuid[])`.execute(db);
}

/** Records a request on a locked open row. From now on only the outcome of the request closes the row. */
export async function writeRequest(
  db: Transaction<Tables>,
  request: { row: DriftRow; action: 'accept' | 'revert'; by: string; at: Temporal.Instant; reason: string | null },
): Promise<DriftRow> {
  const rows = await sql<DriftRow>`
    UPDATE cloud_drift SET requested_action = ${request.action}, request = request + 1, requested_by = ${request.by},
      requested_at = ${request.at.toString()}, refusal = NULL, saga_id = NULL, reason = ${request.reason}, revision = revision + 1
    WHERE drift_id = ${request.row.drift_id} RETURNING *`.execute(db);
  const row = rows.rows[0];
  if (row === undefined) throw new Error(`drift ${request.row.drift_id} was locked but cannot be updated`);
  return row;
}

export type Outcome = {
  driftId: string;
  request: number;
  outcome: 'accepted' | 'reverted' | 'refused';
  detail: string | null;
};

/**
 * Applies provisioning's replies: each closes its row or, if the request was refused, opens it again. A reply to a request
 * that is not the last one, or that was applied before, changes nothing.
 */
export async function writeOutcomes(
  db: Transaction<Tables>,
  outcomes: readonly Outcome[],
  given: { run: string; now: Temporal.Instant },
): Promise<void> {
  const column = <T>(pick: (one: Outcome) => T) => outcomes.map(pick);
  await sql`
    UPDATE cloud_drift AS row SET
      status = CASE reply.outcome WHEN 'refused' THEN 'open' ELSE reply.outcome END,
      closed_at = CASE reply.outcome WHEN 'refused' THEN NULL ELSE ${given.now.toString()}::timestamptz END,
      closed_by = CASE reply.outcome WHEN 'refused' THEN NULL ELSE row.requested_by END,
      refusal = reply.detail, requested_action = NULL, revision = row.revision + 1, touched_by = ${given.run}
    FROM unnest(
      ${column((o) => o.driftId)}::uuid[], ${column((o) => o.request)}::int[],
      ${column((o) => o.outcome)}::text[], ${column((o) => o.detail)}::text[]
    ) AS reply (drift_id, request, outcome, detail)
    WHERE row.drift_id = reply.drift_id AND row.request = reply.request AND row.requested_action IS NOT NULL`.execute(
    db,
  );
}

/** Records which saga performs a requested revert. */
export async function writeSagas(
  db: Transaction<Tables>,
  sagas: readonly { driftId: string; sagaId: string }[],
): Promise<void> {
  if (sagas.length === 0) return;
  await sql`
    UPDATE cloud_drift AS row SET saga_id = saga.saga_id
    FROM unnest(${sagas.map((one) => one.driftId)}::uuid[], ${sagas.map((one) => one.sagaId)}::uuid[])
      AS saga (drift_id, saga_id)
    WHERE row.drift_id = saga.drift_id AND row.requested_action = 'revert'`.execute(db);
}

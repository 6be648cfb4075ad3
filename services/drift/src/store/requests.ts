import { sql, type Transaction } from 'kysely';
import type { DriftRow, Schema } from './schema.ts';

export async function lockDrift(db: Transaction<Schema>, driftId: string): Promise<DriftRow | null> {
  const row = await db
    .selectFrom('cloud_drift')
    .selectAll()
    .where('drift_id', '=', driftId)
    .forUpdate()
    .executeTakeFirst();
  return row ?? null;
}

/** From now on only the answer closes the row. The row was locked when it was found to be open and not requested. */
export async function writeRequest(
  db: Transaction<Schema>,
  request: { driftId: string; action: 'accept' | 'revert'; by: string; at: Temporal.Instant },
): Promise<DriftRow> {
  const rows = await sql<DriftRow>`
    UPDATE cloud_drift SET requested_action = ${request.action}, request = request + 1, requested_by = ${request.by},
      requested_at = ${request.at.toString()}, refusal = NULL, saga_id = NULL, revision = revision + 1
    WHERE drift_id = ${request.driftId} RETURNING *`.execute(db);
  const row = rows.rows[0];
  if (row === undefined) throw new Error(`drift ${request.driftId} was locked and is not there`);
  return row;
}

export type Outcome = {
  driftId: string;
  request: number;
  outcome: 'accepted' | 'reverted' | 'refused';
  detail: string | null;
};

/**
 * Provisioning's answers: each closes its row, or opens it again. An answer to a request that is not the last one, or
 * that was heard before, changes nothing.
 * @returns the resources whose rows were opened again
 */
export async function writeOutcomes(
  db: Transaction<Schema>,
  outcomes: readonly Outcome[],
  given: { run: string; now: Temporal.Instant },
): Promise<string[]> {
  const column = <T>(pick: (one: Outcome) => T) => outcomes.map(pick);
  const rows = await sql<{ resource_id: string; status: string }>`
    UPDATE cloud_drift AS asked SET
      status = CASE said.outcome WHEN 'refused' THEN 'open' ELSE said.outcome END,
      closed_at = CASE said.outcome WHEN 'refused' THEN NULL ELSE ${given.now.toString()}::timestamptz END,
      closed_by = CASE said.outcome WHEN 'refused' THEN NULL ELSE asked.requested_by END,
      refusal = said.detail, requested_action = NULL, revision = asked.revision + 1, touched_by = ${given.run}
    FROM unnest(
      ${column((o) => o.driftId)}::uuid[], ${column((o) => o.request)}::int[],
      ${column((o) => o.outcome)}::text[], ${column((o) => o.detail)}::text[]
    ) AS said (drift_id, request, outcome, detail)
    WHERE asked.drift_id = said.drift_id AND asked.request = said.request AND asked.requested_action IS NOT NULL
    RETURNING asked.resource_id, asked.status`.execute(db);
  return rows.rows.filter(({ status }) => status === 'open').map(({ resource_id }) => resource_id);
}

/** Which saga restores what was asked to be reverted. */
export async function noteSagas(
  db: Transaction<Schema>,
  sagas: readonly { driftId: string; sagaId: string }[],
): Promise<void> {
  if (sagas.length === 0) return;
  await sql`
    UPDATE cloud_drift AS asked SET saga_id = said.saga_id
    FROM unnest(${sagas.map((one) => one.driftId)}::uuid[], ${sagas.map((one) => one.sagaId)}::uuid[])
      AS said (drift_id, saga_id)
    WHERE asked.drift_id = said.drift_id AND asked.requested_action = 'revert'`.execute(db);
}

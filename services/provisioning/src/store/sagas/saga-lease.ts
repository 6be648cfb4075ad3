import { type Kysely, sql, type Transaction } from 'kysely';
import type { SagaStatus } from '../../domain/sagas/saga.ts';
import type { Tables } from '../schema.ts';

// Leases and deadlines use the database server's clock, because they are about processes; the service's clock may be played.

/** Milliseconds until the lease on the saga ends; null when there is none, or it has ended. */
export async function leaseLeftMs(db: Transaction<Tables>, sagaId: string): Promise<number | null> {
  const found = await sql<{ left: string }>`
    SELECT ceil(extract(epoch FROM lease_until - clock_timestamp()) * 1000)::text AS left FROM saga_runs
    WHERE saga_id = ${sagaId} AND lease_token IS NOT NULL AND lease_until > clock_timestamp()`.execute(db);
  const left = found.rows[0]?.left;
  return left === undefined ? null : Number(left);
}

/** Takes the lease for one turn. The deadline of a step is set when its first turn begins. */
export async function takeLease(
  db: Transaction<Tables>,
  given: { sagaId: string; token: string; leaseMs: number; attempt: number; deadlineMs: number },
): Promise<void> {
  await sql`
    UPDATE saga_runs SET lease_token = ${given.token}, lease_until = clock_timestamp() + ${given.leaseMs} * interval '1 millisecond',
      step_deadline = coalesce(step_deadline, clock_timestamp() + ${given.deadlineMs} * interval '1 millisecond'),
      attempt = ${given.attempt}
    WHERE saga_id = ${given.sagaId}`.execute(db);
}

/** @returns false when another replica has taken the lease */
export async function renewLease(
  db: Kysely<Tables>,
  given: { sagaId: string; token: string; leaseMs: number },
): Promise<boolean> {
  const result = await sql`
    UPDATE saga_runs SET lease_until = clock_timestamp() + ${given.leaseMs} * interval '1 millisecond'
    WHERE saga_id = ${given.sagaId} AND lease_token = ${given.token}`.execute(db);
  return result.numAffectedRows === 1n;
}

/** Milliseconds until the deadline of the saga's step; negative when it is past. */
export async function deadlineLeftMs(db: Transaction<Tables>, sagaId: string): Promise<number> {
  const found = await sql<{ left: string }>`
    SELECT floor(extract(epoch FROM step_deadline - clock_timestamp()) * 1000)::text AS left FROM saga_runs
    WHERE saga_id = ${sagaId} AND step_deadline IS NOT NULL`.execute(db);
  const left = found.rows[0]?.left;
  return left === undefined ? Number.POSITIVE_INFINITY : Number(left);
}

/** Unfinished sagas without a lease whose turn is overdue: their message was lost, or became a dead letter. */
export async function strandedSagas(
  db: Kysely<Tables>,
  overdueMs: number,
): Promise<{ saga_id: string; current_index: number; turn: number; status: SagaStatus }[]> {
  const found = await sql<{ saga_id: string; current_index: number; turn: number; status: SagaStatus }>`
    SELECT saga_id, current_index, turn, status FROM saga_runs
    WHERE status IN ('pending', 'running', 'compensating')
      AND (lease_token IS NULL OR lease_until < clock_timestamp())
      AND greatest(next_turn_at, lease_until) < clock_timestamp() - ${overdueMs} * interval '1 millisecond'
    ORDER BY next_turn_at LIMIT 100`.execute(db);
  return found.rows;
}

import { type Kysely, sql, type Transaction } from 'kysely';
import type { Schema } from './schema.ts';

// Leases and deadlines are the server's clock's: they are about processes, not about what is played.

/** Milliseconds until the lease that somebody holds on the saga ends; null when nobody does, or no longer. */
export async function leaseLeftMs(db: Transaction<Schema>, sagaId: string): Promise<number | null> {
  const found = await sql<{ left: string }>`
    SELECT ceil(extract(epoch FROM lease_until - clock_timestamp()) * 1000)::text AS left FROM saga_runs
    WHERE saga_id = ${sagaId} AND lease_token IS NOT NULL AND lease_until > clock_timestamp()`.execute(db);
  const left = found.rows[0]?.left;
  return left === undefined ? null : Number(left);
}

/** Take the saga for one turn. The step's deadline is set when its first turn begins. */
export async function takeLease(
  db: Transaction<Schema>,
  given: { sagaId: string; token: string; leaseMs: number; attempt: number; deadlineMs: number },
): Promise<void> {
  await sql`
    UPDATE saga_runs SET lease_token = ${given.token}, lease_until = clock_timestamp() + ${given.leaseMs} * interval '1 millisecond',
      step_deadline = coalesce(step_deadline, clock_timestamp() + ${given.deadlineMs} * interval '1 millisecond'),
      attempt = ${given.attempt}
    WHERE saga_id = ${given.sagaId}`.execute(db);
}

/** False: the lease ran out and another replica has taken the saga. */
export async function renewLease(
  db: Kysely<Schema>,
  given: { sagaId: string; token: string; leaseMs: number },
): Promise<boolean> {
  const result = await sql`
    UPDATE saga_runs SET lease_until = clock_timestamp() + ${given.leaseMs} * interval '1 millisecond'
    WHERE saga_id = ${given.sagaId} AND lease_token = ${given.token}`.execute(db);
  return result.numAffectedRows === 1n;
}

export async function isPastDeadline(db: Transaction<Schema>, sagaId: string): Promise<boolean> {
  const found = await sql<{ past: boolean }>`
    SELECT coalesce(step_deadline < clock_timestamp(), false) AS past FROM saga_runs WHERE saga_id = ${sagaId}`.execute(
    db,
  );
  return found.rows[0]?.past === true;
}

/** Sagas that ought to have had a turn a while ago and that nobody works on: their message was lost, or parked. */
export async function strandedSagas(
  db: Kysely<Schema>,
  overdueMs: number,
): Promise<{ saga_id: string; current_index: number; turn: number; status: string }[]> {
  const found = await sql<{ saga_id: string; current_index: number; turn: number; status: string }>`
    SELECT saga_id, current_index, turn, status FROM saga_runs
    WHERE status IN ('pending', 'running', 'compensating')
      AND (lease_token IS NULL OR lease_until < clock_timestamp())
      AND greatest(next_turn_at, lease_until) < clock_timestamp() - ${overdueMs} * interval '1 millisecond'
    ORDER BY next_turn_at LIMIT 100`.execute(db);
  return found.rows;
}

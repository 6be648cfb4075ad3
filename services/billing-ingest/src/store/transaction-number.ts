import { sql, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';

/** A number that no other transaction has: the cause of jobs that a command without an idempotency key enqueues. */
export async function transactionNumber(db: Transaction<Tables>): Promise<string> {
  const { rows } = await sql<{ number: string }>`SELECT pg_current_xact_id()::text AS number`.execute(db);
  return rows[0]?.number ?? '';
}

import { sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

/** Tells this transaction from every other: what a command that came without a key asks for is then asked for once by it. */
export const transactionNumber = async (db: Transaction<Database>): Promise<string> => {
  const { rows } = await sql<{ number: string }>`SELECT pg_current_xact_id()::text AS number`.execute(db);
  return rows[0]?.number ?? '';
};

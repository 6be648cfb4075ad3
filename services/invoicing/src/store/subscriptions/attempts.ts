import { sql } from 'kysely';
import type { Db } from '../schema.ts';

/** Begins an attempt within the transaction, which `undoAttempt` takes back whole. */
export const beginAttempt = async (db: Db): Promise<void> => {
  await sql`SAVEPOINT attempt`.execute(db);
};

export const undoAttempt = async (db: Db): Promise<void> => {
  await sql`ROLLBACK TO SAVEPOINT attempt`.execute(db);
};

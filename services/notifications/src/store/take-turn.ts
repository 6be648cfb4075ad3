import { sql, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';

/**
 * Waits until no other transaction claims the same. Its commit waits for no disk: a claim that is lost with the database's machine
 * makes its deliveries due again, as the death of this process does.
 */
export async function takeTurn(trx: Transaction<Tables>, claim: string): Promise<void> {
  await sql`
    SELECT pg_advisory_xact_lock(hashtextextended(${claim}, 0)), set_config('synchronous_commit', 'off', true)`.execute(
    trx,
  );
}

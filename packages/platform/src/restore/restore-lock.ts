import { sql } from 'kysely';
import type { ServiceDefinition } from '../kernel/definition.ts';
import type { Runtime } from '../runtime.ts';

/** Does work that one replica at a time may do to the tables of the service, while none of them runs yet. */
export async function withRestoreLock<DB, Config>(
  { db }: Runtime<DB, Config>,
  { schema }: Pick<ServiceDefinition<DB, Config>, 'schema'>,
  work: () => Promise<void>,
): Promise<void> {
  await db.connection().execute(async (session) => {
    const key = sql`hashtextextended(${`restore:${schema}`}, 0)`;
    await sql`SELECT pg_advisory_lock(${key})`.execute(session);
    try {
      await work();
    } finally {
      await sql`SELECT pg_advisory_unlock(${key})`.execute(session);
    }
  });
}

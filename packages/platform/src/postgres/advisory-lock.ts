import { type Kysely, sql } from 'kysely';

/** The last work of this process for each database and lock, so that those who wait for it hold no connection meanwhile. */
const turns = new WeakMap<object, Map<string, Promise<unknown>>>();

/**
 * Does work that one at a time may do, over all replicas of the service. It gets the session that holds the lock, and should use no other:
 * all connections of the pool may be at work. The lock ends with its session, so a process that dies holds it no longer.
 */
export async function withAdvisoryLock<DB, T>(
  db: Kysely<DB>,
  name: string,
  work: (session: Kysely<DB>) => Promise<T>,
): Promise<T> {
  const ofDatabase = turns.get(db) ?? new Map<string, Promise<unknown>>();
  turns.set(db, ofDatabase);
  const locked = () => withSession(db, name, work);
  const done = (ofDatabase.get(name) ?? Promise.resolve()).then(locked);
  ofDatabase.set(
    name,
    done.catch(() => undefined),
  );
  return await done;
}

function withSession<DB, T>(db: Kysely<DB>, name: string, work: (session: Kysely<DB>) => Promise<T>): Promise<T> {
  return db.connection().execute(async (session) => {
    const key = sql`hashtextextended(${`${name}:`} || current_schema(), 0)`;
    await sql`SELECT pg_advisory_lock(${key})`.execute(session);
    try {
      return await work(session);
    } finally {
      await sql`SELECT pg_advisory_unlock(${key})`.execute(session);
    }
  });
}

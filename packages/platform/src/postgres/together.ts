import type { QueryExecutorProvider } from 'kysely';

/**
 * Runs statements that do not wait for each other in one session, which sends all of them at once: one round trip instead of
 * one for each. They run in the order in which they are sent, and within a transaction they are part of it.
 * @param work starts the statements through the session that it is given
 */
export function together<T>(
  db: QueryExecutorProvider,
  work: (session: QueryExecutorProvider) => Promise<T>,
): Promise<T> {
  return db.getExecutor().provideConnection(async (connection) => {
    const sent: Promise<unknown>[] = [];
    const executor = db.getExecutor().withConnectionProvider({
      provideConnection(run) {
        const running = run(connection);
        sent.push(running);
        return running;
      },
    });
    try {
      return await work({ getExecutor: () => executor });
    } finally {
      // After an error the others are still on their way, and the session is not free.
      await Promise.allSettled(sent);
    }
  });
}

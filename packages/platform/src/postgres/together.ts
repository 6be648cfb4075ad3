import type { QueryExecutorProvider } from 'kysely';

/**
 * Runs statements that do not wait for each other in one session, which sends all of them at once: one round trip instead of
 * one for each. They run in the order in which they are sent, and within a transaction they are part of it.
 * @param work starts the statements through the session that it is given, and only that one, and waits for all of them
 * @throws the error of the first statement that fails
 */
export function together<T>(
  db: QueryExecutorProvider,
  work: (session: QueryExecutorProvider) => Promise<T>,
): Promise<T> {
  return db.getExecutor().provideConnection(async (connection) => {
    const sent: Promise<unknown>[] = [];
    let isOver = false;
    const executor = db.getExecutor().withConnectionProvider({
      async provideConnection(run) {
        if (isOver) throw new Error('a statement was started after the others that it was to be sent with had ended');
        const running = run(connection);
        sent.push(running);
        return running;
      },
    });
    try {
      return await work({ getExecutor: () => executor });
    } catch (error) {
      // The others are still on their way, and in a transaction the first error causes theirs, whichever is known first.
      const all = await Promise.allSettled(sent);
      throw all.find((each) => each.status === 'rejected')?.reason ?? error;
    } finally {
      isOver = true;
    }
  });
}

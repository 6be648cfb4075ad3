import { randomUUID } from 'node:crypto';
import pg from 'pg';
import {
  DatabaseSetupExporter,
  executeTransaction,
  getDisabledLogger,
  IsolationLevel,
  initializeMessageStorage,
  initializePollingMessageListener,
  type PollingListenerConfig,
  type TransactionalMessage,
} from 'pg-transactional-outbox';
import { answerCalls } from '../answer-calls.ts';

/**
 * Transactional outbox and inbox by polling, in one database. With the defaults (5 messages every 500 ms) ten messages pass in a second,
 * so 25 are taken every 10 ms, of 100 segments: of a segment, one message at a time is handled. The message broker between outbox and
 * inbox is a call, as in the first example of its documentation.
 */
let pool: pg.Pool;
const logger = getDisabledLogger();

const configOf = (box: 'outbox' | 'inbox', dbListenerConfig: pg.ClientConfig): PollingListenerConfig => ({
  outboxOrInbox: box,
  dbListenerConfig,
  ...(box === 'inbox' ? { dbHandlerConfig: dbListenerConfig } : {}),
  settings: {
    ...{ dbSchema: 'public', dbTable: box, nextMessagesFunctionName: `next_${box}_messages` },
    ...{ enableMaxAttemptsProtection: box === 'inbox', enablePoisonousMessageProtection: box === 'inbox' },
    ...{ nextMessagesBatchSize: 25, nextMessagesPollingIntervalInMs: 10 },
  },
});

let storeInOutbox: ReturnType<typeof initializeMessageStorage>;

answerCalls({
  async open({ url }: { url: string }) {
    pool = new pg.Pool({ connectionString: url, max: 10 });
    await pool.query('CREATE TABLE peer_rows (id text PRIMARY KEY, n int NOT NULL, note text, place bigserial)');
    const connection = { connectionString: url };
    const { rows } = await pool.query<{ role: string }>('SELECT current_user AS role');
    const role = rows[0]?.role ?? '';
    for (const outboxOrInbox of ['outbox', 'inbox'] as const)
      await pool.query(
        DatabaseSetupExporter.createPollingScript(
          {
            ...{ outboxOrInbox, database: new URL(url).pathname.slice(1), schema: 'public', table: outboxOrInbox },
            ...{ listenerRole: role, handlerRole: role, nextMessagesName: `next_${outboxOrInbox}_messages` },
          },
          true,
        ),
      );
    const [outbox, inbox] = [configOf('outbox', connection), configOf('inbox', connection)];
    storeInOutbox = initializeMessageStorage(outbox, logger);
    const storeInInbox = initializeMessageStorage(inbox, logger);
    const inTransaction = async (work: (client: pg.PoolClient) => Promise<void>) =>
      await executeTransaction(await pool.connect(), (client) => work(client as never), IsolationLevel.ReadCommitted);
    const publisher = {
      handle: (message: TransactionalMessage) => inTransaction((client) => storeInInbox(message, client as never)),
    };
    initializePollingMessageListener(outbox, publisher, logger);
    initializePollingMessageListener(
      inbox,
      [
        {
          aggregateType: 'bench',
          messageType: 'changed',
          async handle({ payload }, client) {
            const { id, n, note } = payload as { id: string; n: number; note: string };
            await client.query(
              'INSERT INTO peer_rows (id, n, note) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET n = excluded.n, note = excluded.note',
              [id, n, note],
            );
          },
        },
      ],
      logger,
    );
  },
  /** Commits events, `size` in a transaction, and waits until each is a row; returns how long that took, in milliseconds. */
  async run({ run, count, size, note }: { run: number; count: number; size: number; note: string }) {
    const started = performance.now();
    for (let from = 0; from < count; from += size) {
      const client = await pool.connect();
      await client.query('BEGIN');
      for (let n = from; n < from + size; n += 1) {
        const payload = { id: `${run}-${n}`, n, note };
        const message = {
          ...{ id: randomUUID(), aggregateType: 'bench', aggregateId: payload.id, messageType: 'changed', payload },
          ...{ segment: String(n % 100), createdAt: new Date().toISOString() },
        };
        await storeInOutbox(message, client as never);
      }
      await client.query('COMMIT');
      client.release();
    }
    while ((await rowsOf(run)) < count) await new Promise((resolve) => setTimeout(resolve, 20));
    return performance.now() - started;
  },
});

async function rowsOf(run: number): Promise<number> {
  const { rows } = await pool.query<{ count: number }>('SELECT count(*)::int FROM peer_rows WHERE id LIKE $1', [
    `${run}-%`,
  ]);
  return rows[0]?.count ?? 0;
}

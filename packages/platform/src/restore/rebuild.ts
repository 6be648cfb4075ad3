import { setTimeout as delay } from 'node:timers/promises';
import { type Kysely, sql, type Transaction } from 'kysely';
import { durableName } from '../bus/durables.ts';
import { ignoringNotFound } from '../bus/streams.ts';
import { type RunningConsumer, startConsumer } from '../consumers/consumer-runner.ts';
import { forgetHandled } from '../consumers/position.ts';
import type { Consumer, ServiceDefinition } from '../kernel/definition.ts';
import { failpoint } from '../kernel/failpoints.ts';
import type { Logger } from '../kernel/log.ts';
import type { Runtime } from '../runtime.ts';
import { awaitCaughtUp } from './await-caught-up.ts';
import { columnsOf } from './capture-rows.ts';
import { withRestoreLock } from './restore-lock.ts';

/** The row of `job_runs` that stands for a rebuild, from its request until the tables are whole; no worker claims it. */
const run = { name: 'rebuild', key: 'tables' } as const;
/** Within this time of the request every replica has found it and ended, in seconds. */
const endsWithinSeconds = 45;

type Waiting = { log: Logger; signal?: AbortSignal };
type Stage = 'requested' | 'emptied';

/** Has the service end, and rebuild its tables when it starts again. A second request while the first is not done changes nothing. */
export async function requestRebuild<DB>(trx: Transaction<DB>): Promise<void> {
  await sql`INSERT INTO job_runs (name, key, cause, state, input)
    SELECT ${run.name}, ${run.key}, 'request ' || clock_timestamp(), 'running', 'null'
    WHERE NOT EXISTS (SELECT FROM job_runs WHERE name = ${run.name} AND key = ${run.key} AND state = 'running')`.execute(
    trx,
  );
}

export const isRebuildRequested = async <DB>(db: Kysely<DB>): Promise<boolean> => (await stageOf(db)) !== null;

async function stageOf<DB>(db: Kysely<DB>): Promise<{ stage: Stage; waitMs: number } | null> {
  const { rows } = await sql<{ stage: Stage; wait_ms: number }>`
    SELECT coalesce(progress->>'stage', 'requested') AS stage, greatest(0, 1000 * extract(epoch FROM
      created_at + make_interval(secs => ${endsWithinSeconds}) - clock_timestamp()))::float8 AS wait_ms
    FROM job_runs WHERE name = ${run.name} AND key = ${run.key} AND state = 'running'`.execute(db);
  const row = rows[0];
  return row === undefined ? null : { stage: row.stage, waitMs: row.wait_ms };
}

/**
 * Rebuilds the tables of the projections if an operator has asked for it: they are emptied, and their consumers write them again
 * from the beginning of the streams. Nothing else of the service runs meanwhile. One replica empties them, the others wait; a
 * rebuild that was interrupted goes on. Rows that no message explains any more, because streams do not keep messages for ever,
 * are put back.
 * @returns the consumers of the projections, which run; none when there was nothing to do
 */
export async function rebuildTables<DB, Config>(
  runtime: Runtime<DB, Config>,
  definition: ServiceDefinition<DB, Config>,
  waiting: Waiting,
): Promise<RunningConsumer[]> {
  const { db, bus, ctx } = runtime;
  const { projections = {} } = definition;
  const consumers = definition.consumes.filter(({ name }) => name in projections);
  const requested = await stageOf(db);
  if (requested === null) return [];
  ctx.log.warn(
    { tables: Object.values(projections).flat() },
    'rebuilding tables from the streams before anything runs',
  );
  await delay(requested.waitMs, undefined, waiting.signal === undefined ? {} : { signal: waiting.signal });
  await withRestoreLock(runtime, async () => {
    if ((await stageOf(db))?.stage === 'requested') await empty(runtime, consumers, projections);
  });
  const running: RunningConsumer[] = [];
  try {
    const goals: Record<string, number> = {};
    for (const consumer of consumers) {
      goals[consumer.name] = (await bus.jsm.streams.info(streamOf(consumer))).state.last_seq;
      running.push(await startConsumer(runtime, consumer));
    }
    await awaitCaughtUp(running, goals, waiting);
    await withRestoreLock(runtime, () => finish(runtime, Object.values(projections).flat()));
    return running;
  } catch (error) {
    for (const consumer of running) await consumer.stop();
    throw error;
  }
}

const streamOf = <DB, Config>({ consumes }: Consumer<DB, Config>): string => consumes[0]?.stream ?? '';

/** Rows of before wait in a table of their own until those of the streams are there. */
const former = (table: string): string => `before_rebuild_${table}`;

async function empty<DB, Config>(
  { db, bus, name }: Runtime<DB, Config>,
  consumers: readonly Consumer<DB, Config>[],
  projections: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  // First, because one that is there and further than the database would be taken for a database that was set back.
  for (const consumer of consumers)
    await ignoringNotFound(() => bus.jsm.consumers.delete(streamOf(consumer), durableName(name, consumer.name)));
  await db.transaction().execute(async (trx) => {
    for (const table of Object.values(projections).flat()) {
      await sql`CREATE TABLE ${sql.table(former(table))} AS TABLE ${sql.table(table)}`.execute(trx);
      await sql`TRUNCATE ${sql.table(table)}`.execute(trx);
    }
    await forgetHandled(
      trx,
      consumers.map((consumer) => consumer.name),
    );
    await sql`UPDATE job_runs SET progress = ${JSON.stringify({ stage: 'emptied' satisfies Stage })}
      WHERE name = ${run.name} AND key = ${run.key} AND state = 'running'`.execute(trx);
  });
  await failpoint('rebuild.emptied');
}

/** Puts back what the streams do not explain. Another replica may have done it. */
async function finish<DB, Config>({ db, ctx }: Runtime<DB, Config>, tables: readonly string[]): Promise<void> {
  const kept: Record<string, number> = {};
  await db.transaction().execute(async (trx) => {
    if ((await stageOf(trx)) === null) return;
    for (const table of tables) {
      const count = await putBack(trx, table);
      if (count > 0) kept[table] = count;
      await sql`DROP TABLE ${sql.table(former(table))}`.execute(trx);
    }
    await sql`UPDATE job_runs SET state = 'done', finished_at = clock_timestamp()
      WHERE name = ${run.name} AND key = ${run.key} AND state = 'running'`.execute(trx);
  });
  if (Object.keys(kept).length > 0)
    ctx.log.warn({ kept }, 'rows that no message on the streams explains were kept as they had been');
  ctx.log.warn({ tables }, 'the tables are rebuilt from the streams');
}

async function putBack<DB>(trx: Transaction<DB>, table: string): Promise<number> {
  const columns = await columnsOf(trx, table);
  const keys = columns.filter(({ is_key }) => is_key);
  if (keys.length === 0) throw new Error(`the table ${table} has no key, so its rows cannot be compared`);
  const names = sql.join(columns.map(({ name }) => sql.id(name)));
  const { numAffectedRows = 0n } = await sql`
    INSERT INTO ${sql.table(table)} (${names}) OVERRIDING SYSTEM VALUE
    SELECT ${names} FROM ${sql.table(former(table))} ON CONFLICT DO NOTHING`.execute(trx);
  return Number(numAffectedRows);
}

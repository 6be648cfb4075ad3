import { appendFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type LocalPostgres, startPostgres } from '@arcadia/local-infrastructure';
import pg from 'pg';
import { eventually } from './eventually.ts';
import { throwawayFolder } from './throwaway-folder.ts';

export type PostgresPair = AsyncDisposable & {
  /** The address of the primary, also after a failover, as behind a virtual address. */
  readonly url: string;
  /** Whether the standby has everything that is committed. */
  hasAll(): Promise<boolean>;
  /** What is committed from now on does not reach the standby any more. */
  cutOff(): Promise<void>;
  /** Kills the primary and promotes the standby in its place. */
  failOver(): Promise<void>;
};

async function ask<Row extends pg.QueryResultRow>(server: LocalPostgres, query: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query<Row>(query)).rows;
  } finally {
    await client.end();
  }
}

/** Copies the files of a running server, as `pg_basebackup` does, and has another one follow it from there. */
async function startStandby(primary: LocalPostgres, from: string, to: string): Promise<LocalPostgres> {
  const session = new pg.Client({ connectionString: primary.url });
  await session.connect();
  try {
    await session.query(`SELECT pg_create_physical_replication_slot('standby', true)`);
    await session.query(`SELECT pg_backup_start('standby', true)`);
    const isLive = (file: string) => /pg_wal\/.|postmaster\.(pid|opts)$/.test(file);
    cpSync(from, to, { recursive: true, filter: (file) => !isLive(file) && !file.endsWith('postgres.process.json') });
    const { rows } = await session.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    writeFileSync(path.join(to, 'cluster', 'backup_label'), rows[0]?.labelfile ?? '');
  } finally {
    await session.end();
  }
  mkdirSync(path.join(to, 'cluster', 'pg_wal'), { recursive: true, mode: 0o700 });
  writeFileSync(path.join(to, 'cluster', 'standby.signal'), '');
  const { port, password } = new URL(primary.url);
  appendFileSync(
    path.join(to, 'cluster', 'postgresql.auto.conf'),
    `primary_conninfo = 'host=127.0.0.1 port=${port} user=postgres password=${password}'\nprimary_slot_name = 'standby'\n`,
  );
  return await startPostgres({ dataDir: to, throwaway: true });
}

/** A Postgres of its own with a standby that follows it by streaming replication. */
export async function throwawayPostgresPair(): Promise<PostgresPair> {
  const folder = throwawayFolder('postgres-pair');
  const [first, second] = [path.join(folder, 'first'), path.join(folder, 'second')];
  const primary = await startPostgres({ dataDir: first, throwaway: true });
  let standby = await startStandby(primary, first, second);
  const hasAll = async (): Promise<boolean> => {
    const [written] = await ask<{ at: string }>(primary, 'SELECT pg_current_wal_lsn()::text AS at');
    const query = `SELECT coalesce(pg_last_wal_replay_lsn() >= '${written?.at}', false) AS has`;
    return (await ask<{ has: boolean }>(standby, query))[0]?.has === true;
  };
  return {
    url: primary.url,
    hasAll,
    /** What is committed from now on does not reach the standby any more. */
    async cutOff() {
      await ask(standby, `ALTER SYSTEM SET primary_conninfo = ''`);
      await ask(standby, 'SELECT pg_reload_conf()');
      const receivers = () => ask(standby, 'SELECT 1 FROM pg_stat_wal_receiver');
      await eventually('the standby receives nothing any more', async () => (await receivers()).length === 0);
    },
    async failOver() {
      await primary.kill();
      const [answer] = await ask<{ promoted: boolean }>(standby, 'SELECT pg_promote(true, 30) AS promoted');
      if (answer?.promoted !== true) throw new Error('the standby could not be promoted');
      await standby.stop();
      standby = await startPostgres({ dataDir: second, throwaway: true, port: primary.port });
    },
    async [Symbol.asyncDispose]() {
      await primary.stop();
      await standby.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureServiceRoles, type LocalPostgres, startPostgres } from '@arcadia/local-infrastructure';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const shared = temporaryFolder();
let postgres: LocalPostgres;
beforeAll(async () => {
  postgres = await startPostgres({ dataDir: shared.path });
});
afterAll(async () => {
  await postgres.stop();
  shared[Symbol.dispose]();
});

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test('a Postgres that was stopped or crashed starts again with its data', async () => {
  using folder = temporaryFolder();
  const options = { dataDir: folder.path };
  const first = await startPostgres(options);
  await query(first.url, 'create table kept (n int)');
  await first.stop();
  const second = await startPostgres(options);
  await query(second.url, 'insert into kept values (1)');
  await second.kill();
  // After a crash the lock file may name a pid that another process has now: here, this process.
  const lockFile = path.join(folder.path, 'cluster', 'postmaster.pid');
  writeFileSync(lockFile, readFileSync(lockFile, 'utf8').replace(/^\d+/, String(process.pid)));
  const third = await startPostgres(options);
  expect(await query(third.url, 'select n from kept')).toEqual([{ n: 1 }]);
  await third.stop();
});

test('the embedded Postgres is durable, uses UTC and requires a password', async () => {
  const settings = `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'TimeZone')`;
  const found = Object.fromEntries((await query(postgres.url, settings)).map(({ name, setting }) => [name, setting]));
  expect(found).toEqual({ fsync: 'on', synchronous_commit: 'on', TimeZone: 'UTC' });
  const stranger = `postgres://postgres:guess@127.0.0.1:${postgres.port}/postgres`;
  await expect(query(stranger, 'select 1')).rejects.toThrow(/password authentication failed/);
});

test('a Postgres folder in use and a port in use are each reported in one sentence', async () => {
  using other = temporaryFolder();
  await expect(startPostgres({ dataDir: shared.path })).rejects.toThrow(/already in use by process \d+; stop that one/);
  await expect(startPostgres({ dataDir: other.path, port: postgres.port })).rejects.toThrow(
    `Port ${postgres.port} is in use; stop the process that listens there, or choose another port for Postgres.`,
  );
});

test('Postgres and nats-server end when the process that started them is killed', async () => {
  using folder = temporaryFolder();
  const module = path.resolve(import.meta.dirname, '../src/index.ts');
  const script = `import { startNats, startPostgres } from ${JSON.stringify(module)};
    const postgres = await startPostgres({ dataDir: ${JSON.stringify(folder.path)} + '/postgres', throwaway: true });
    const nats = await startNats({ storeDir: ${JSON.stringify(folder.path)} + '/nats', throwaway: true });
    console.log(postgres.url);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await once(parent.stdout, 'data');
  const records = ['postgres/postgres.process.json', 'nats/nats-server.process.json'];
  const pids = records.map(
    (file) => JSON.parse(readFileSync(path.join(folder.path, file), 'utf8')).child.pid as number,
  );
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  // Where the kernel does not end the servers, the next start does.
  await (await startPostgres({ dataDir: path.join(folder.path, 'postgres'), throwaway: true })).stop();
  await expect(query(String(output).trim(), 'select 1')).rejects.toThrow();
  if (process.platform !== 'linux') return;
  await expect.poll(() => pids.filter(isRunning), { timeout: 5_000 }).toEqual([]);
});

test('ensureServiceRoles can run again and in several processes at once', async () => {
  const roles = ['metering', 'drift'].map((schema) => ({ role: schema, schema, password: `of ${schema}/'` }));
  const results = await Promise.all([1, 2, 3].map(() => ensureServiceRoles(postgres.url, roles, 'arcadia')));
  for (const [metering = '', drift = ''] of results) {
    expect(await query(metering, 'select current_user as who, current_schema() as place')).toEqual([
      { who: 'metering', place: 'metering' },
    ]);
    await expect(query(drift, 'create table metering.stray ()')).rejects.toThrow(/permission denied/);
    await expect(query(drift, 'create role more')).rejects.toThrow(/permission denied/);
  }
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

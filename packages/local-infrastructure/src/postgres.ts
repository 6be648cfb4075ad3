import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { endLeftover, logTail, type OwnedProcess, startOwnedProcess } from './owned-process.ts';
import { findPostgresBinaries, postgresLauncher } from './postgres-launcher.ts';

const run = promisify(execFile);

export type LocalPostgres = {
  /** The URL for the superuser, with the password. */
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
  /** Kills the server with SIGKILL, like a crash. */
  kill(): Promise<void>;
};

export type PostgresOptions = {
  /** The folder of the cluster, the superuser's password and the log, kept between starts. */
  dataDir: string;
  port?: number;
  /** For tests: faster, but a power cut loses everything. */
  throwaway?: boolean;
};

const durable = [
  'max_connections=200',
  'max_locks_per_transaction=256',
  'timezone=UTC',
  'log_timezone=UTC',
  'jit=off',
  'listen_addresses=127.0.0.1',
  // Only loopback connections, with a password: a socket file would need a short path and rules of its own.
  'unix_socket_directories=',
];
// Commits still reach the page cache, so a killed server loses nothing; only a power cut would.
const throwawaySettings = ['fsync=off', 'full_page_writes=off', 'max_wal_size=4GB'];

/**
 * Starts (and on first use creates) an embedded Postgres 18 on 127.0.0.1, and waits until it answers, at most 60 seconds.
 * @throws when the folder or the port is in use, or with the end of the server's log
 */
export async function startPostgres(options: PostgresOptions): Promise<LocalPostgres> {
  const dataDir = path.resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const recordFile = path.join(dataDir, 'postgres.process.json');
  await endLeftover({ name: 'Postgres', recordFile });
  await ensureCluster(dataDir);
  removeStaleLock(path.join(dataDir, 'cluster'));

  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const password = readFileSync(path.join(dataDir, 'password'), 'utf8').trim();
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
    const logFile = path.join(dataDir, 'postgres.log');
    const server = await launch({ dataDir, port, logFile, recordFile, throwaway: options.throwaway ?? false });
    if (await answers(url, server)) {
      return { url, port, stop: () => server.stop(), kill: () => server.kill() };
    }
    const log = logTail(logFile);
    const isPortTaken = log.includes('could not bind') || log.includes('could not create any TCP/IP sockets');
    if (isPortTaken && options.port === undefined && attempt < 4) continue;
    await server.stop();
    if (isPortTaken)
      throw new Error(
        `Port ${port} is in use; stop the process that listens there, or choose another port for Postgres.`,
      );
    throw new Error(`Postgres did not start in ${dataDir}. Its log ends:\n${log}`);
  }
}

/** Creates a missing cluster in a temporary folder and renames it, so that an interrupted start leaves no incomplete cluster. */
async function ensureCluster(dataDir: string): Promise<void> {
  const cluster = path.join(dataDir, 'cluster');
  if (existsSync(path.join(cluster, 'PG_VERSION'))) return assertMajor(cluster);
  const { initdb } = await findPostgresBinaries();
  const fresh = path.join(dataDir, 'cluster.new');
  const passwordFile = path.join(dataDir, 'password');
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  const [command, ...prefix] = [...postgresLauncher(fresh), initdb];
  writeFileSync(passwordFile, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600 });
  const locale = ['--encoding=UTF8', '--no-locale', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const login = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  try {
    await run(command, [...prefix, `--pgdata=${fresh}`, '--no-sync', '--no-instructions', ...locale, ...login]);
  } catch (cause) {
    const stderr = (cause as { stderr?: string }).stderr ?? '';
    throw new Error(`initdb could not create the database folder ${cluster}: ${stderr.trim()}`, { cause });
  }
  renameSync(fresh, cluster);
}

function assertMajor(cluster: string): void {
  const major = readFileSync(path.join(cluster, 'PG_VERSION'), 'utf8').trim();
  if (major === '18') return;
  throw new Error(
    `${cluster} was written by Postgres ${major}, but this is Postgres 18; start over with an empty folder.`,
  );
}

/** Deletes postmaster.pid after a crash: Postgres would mistake any other process that has its pid now for a running server. */
function removeStaleLock(cluster: string): void {
  const lockFile = path.join(cluster, 'postmaster.pid');
  if (!existsSync(lockFile)) return;
  const pid = readFileSync(lockFile, 'utf8').split('\n')[0]?.trim() ?? '';
  const { stdout } = spawnSync('ps', ['-ww', '-o', 'args=', '-p', pid], { encoding: 'utf8' });
  if ((stdout ?? '').includes(cluster)) {
    throw new Error(`A Postgres (process ${pid}) is already running in ${cluster}; stop it first.`);
  }
  rmSync(lockFile);
}

async function launch(options: {
  dataDir: string;
  port: number;
  logFile: string;
  recordFile: string;
  throwaway: boolean;
}): Promise<OwnedProcess> {
  const { postgres } = await findPostgresBinaries();
  const cluster = path.join(options.dataDir, 'cluster');
  const settings = [...durable, `port=${options.port}`, ...(options.throwaway ? throwawaySettings : [])];
  return startOwnedProcess({
    name: 'Postgres',
    launcher: postgresLauncher(cluster),
    command: [postgres, '-D', cluster, ...settings.flatMap((setting) => ['-c', setting])],
    logFile: options.logFile,
    recordFile: options.recordFile,
    // English, because this code searches the server's messages (port in use).
    env: { LC_ALL: 'C', TZ: 'UTC' },
  });
}

async function answers(url: string, server: OwnedProcess): Promise<boolean> {
  // Recovery after a crash replays at most max_wal_size of log; a minute is ample.
  const deadline = Date.now() + 60_000;
  while (!server.hasEnded() && Date.now() < deadline) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('select 1');
      return true;
    } catch {
      await Promise.race([new Promise((resolve) => setTimeout(resolve, 25)), server.ended]);
    } finally {
      await client.end().catch(() => {});
    }
  }
  return false;
}

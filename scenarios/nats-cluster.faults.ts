import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempDisposableSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findNatsServer, freePort } from '@arcadia/local-infrastructure';
import { service as metering } from '@arcadia/metering';
import { connectBus, createLog, type Env, startInstaller } from '@arcadia/platform';
import { startTestService, throwawayDatabase } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { newSecrets } from './src/new-secrets.ts';

const root = path.resolve(import.meta.dirname, '..');
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const log = createLog({ name: 'installer', level: 'silent' });

type Cluster = AsyncDisposable & {
  url: string;
  ca: string;
  servers: ChildProcess[];
  /** Starts the servers that do not run yet. */
  startOthers(): void;
  kill(index: number): Promise<void>;
  /** Starts a killed server again, on its store or on an empty one. */
  start(index: number, store: 'kept' | 'lost'): void;
};

/** Three servers, or the first of them, with the generated configuration, on ports and folders of this test. */
async function startCluster(folder: string, env: Env, count = 3): Promise<Cluster> {
  const program = await findNatsServer();
  const tls = path.join(folder, 'tls');
  execFileSync('sh', [path.join(root, 'scripts/new-certificates.sh'), tls]);
  const ports: { client: number; route: number; monitor: number }[] = [];
  for (let index = 0; index < 3; index += 1)
    ports.push({ client: await freePort(), route: await freePort(), monitor: await freePort() });
  const routes = `[${ports.map(({ route }) => `"nats-route://127.0.0.1:${route}"`).join(', ')}]`;
  const servers: ChildProcess[] = [];
  const start = ({ client, route, monitor }: (typeof ports)[number], index: number): ChildProcess => {
    const store = path.join(folder, `nats-${index}`);
    mkdirSync(store, { recursive: true });
    const file = path.join(store, 'nats.conf');
    const text = readFileSync(path.join(root, 'deploy/nats-cluster.conf'), 'utf8')
      .replaceAll('/run/tls', tls)
      .replace('port: 4222', `port: ${client}`)
      .replace('port: 6222', `port: ${route}`)
      .replace('http: 8222', `http: "127.0.0.1:${monitor}"`)
      .replace('"/data"', JSON.stringify(path.join(store, 'data')));
    writeFileSync(file, text);
    const names = { NATS_SERVER_NAME: `nats-${index + 1}`, NATS_ROUTES: routes };
    return spawn(program, ['--config', file], { env: { ...process.env, ...env, ...names }, stdio: 'ignore' });
  };
  const startUpTo = (most: number): void => {
    for (const [index, each] of ports.entries())
      if (index >= servers.length && index < most) servers.push(start(each, index));
  };
  startUpTo(count);
  const url = ports.map(({ client }) => `tls://127.0.0.1:${client}`).join(',');
  return {
    ...{ url, servers, ca: path.join(tls, 'ca.crt') },
    startOthers: () => startUpTo(ports.length),
    async kill(index) {
      servers[index]?.kill('SIGKILL');
      if (servers[index]?.signalCode === null) await once(servers[index], 'exit');
    },
    start(index, store) {
      const port = ports[index];
      if (store === 'lost') rmSync(path.join(folder, `nats-${index}`), { recursive: true });
      if (port !== undefined) servers[index] = start(port, index);
    },
    [Symbol.asyncDispose]: async () => {
      for (const server of servers) {
        if (server.exitCode !== null || server.signalCode !== null) continue;
        server.kill('SIGKILL');
        await once(server, 'exit');
      }
    },
  };
}

const access = (cluster: Cluster, env: Env, user: string): Env => ({
  NATS_URL: cluster.url,
  NATS_CA_PATH: cluster.ca,
  NATS_USER: user,
  NATS_PASSWORD: env[`${user.toUpperCase().replaceAll('-', '_')}_PASSWORD`],
});

const installerEnv = (cluster: Cluster, env: Env): Env => ({
  ...access(cluster, env, 'installer'),
  NATS_REPLICAS: '3',
});

const serviceEnv = (cluster: Cluster, env: Env): Env => ({
  ...access(cluster, env, 'metering'),
  ACTOR_SIGNING_KEY: env['METERING_SIGNING_KEY'],
  ACTOR_KEYS: env['ACTOR_KEYS'],
});

test.skipIf(!hasOpenssl)(
  'three servers with TLS hold each stream together, and work goes on after one, then two, and then a disk are lost (needs openssl)',
  {
    timeout: 180_000,
  },
  async () => {
    using folder = mkdtempDisposableSync(path.join(tmpdir(), 'arcadia-cluster-'));
    await using database = await throwawayDatabase({ service: 'metering' });
    const env = newSecrets();
    await using cluster = await startCluster(folder.path, env);
    const installer = await startInstaller({ env: installerEnv(cluster, env), log });
    await using service = await startTestService(metering, {
      database,
      nats: { url: cluster.url },
      env: serviceEnv(cluster, env),
    });
    const { config } = await service.bus.jsm.streams.info('METERING');
    expect(config.num_replicas).toBe(3);

    const enqueue = (cause: string) =>
      service.context.transact((tx) => tx.enqueue('meter-touched-days', {}, { cause }));
    const isDone = async (cause: string): Promise<void> => {
      const state = async () =>
        (await sql<{ state: string }>`SELECT state FROM job_runs WHERE cause = ${cause}`.execute(service.context.db))
          .rows;
      await expect.poll(state, { timeout: 60_000 }).toEqual([{ state: 'done' }]);
    };
    await enqueue('with three servers');
    await isDone('with three servers');
    const connected = Number(service.bus.nc.info?.server_name?.slice(-1)) - 1;
    await cluster.kill(connected);
    await enqueue('with two servers');
    await isDone('with two servers');

    const other = (connected + 1) % cluster.servers.length;
    await cluster.kill(other);
    // Written without a quorum, and published once there is one again.
    await enqueue('with one server');
    cluster.start(other, 'kept');
    cluster.start(connected, 'lost');
    await isDone('with one server');
    const replicas = async () =>
      (await service.bus.jsm.streams.info('METERING')).cluster?.replicas?.map(({ current }) => current);
    await expect.poll(replicas, { timeout: 60_000 }).toEqual([true, true]);
    await installer.stop();
  },
);

test.skipIf(!hasOpenssl)(
  'the installer and a service that start before the cluster has a leader wait for its election (needs openssl)',
  { timeout: 180_000 },
  async () => {
    using folder = mkdtempDisposableSync(path.join(tmpdir(), 'arcadia-cluster-'));
    await using database = await throwawayDatabase({ service: 'metering' });
    const env = newSecrets();
    await using cluster = await startCluster(folder.path, env, 1);
    const lines: string[] = [];
    const installing = startInstaller({
      env: installerEnv(cluster, env),
      log: createLog({ name: 'installer', destination: { write: (line) => void lines.push(line) } }),
    });
    const starting = startTestService(metering, {
      database,
      nats: { url: cluster.url },
      env: serviceEnv(cluster, env),
    });
    const both = Promise.all([installing, starting]);
    const isWaiting = () =>
      lines.some((line) => line.includes('JetStream has no leader yet; waiting for its election'));
    const waiting = async (): Promise<void> => {
      await expect.poll(isWaiting).toBe(true);
    };
    await Promise.race([both, waiting()]);
    cluster.startOthers();
    const [installer, started] = await both;
    await using service = started;
    expect((await service.bus.jsm.streams.info('METERING')).config.num_replicas).toBe(3);
    await installer.stop();
  },
);

test.skipIf(!hasOpenssl)(
  'a client that does not trust the authority of the servers is not connected (needs openssl)',
  { timeout: 60_000 },
  async () => {
    using folder = mkdtempDisposableSync(path.join(tmpdir(), 'arcadia-cluster-'));
    const env = newSecrets();
    await using cluster = await startCluster(folder.path, env);
    const [server = ''] = cluster.url.split(',');
    const attempt = connectBus(
      { servers: [server], user: 'metering', pass: env['METERING_PASSWORD'] ?? '' },
      { name: 'metering', log, signal: AbortSignal.timeout(5_000) },
    );
    await expect(attempt).rejects.toThrow();
  },
);

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
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

type Cluster = AsyncDisposable & { url: string; ca: string; servers: ChildProcess[] };

/** Three servers with the generated configuration, on ports and folders of this test. */
async function startCluster(folder: string, env: Env): Promise<Cluster> {
  const program = await findNatsServer();
  const tls = path.join(folder, 'tls');
  execFileSync('sh', [path.join(root, 'scripts/new-certificates.sh'), tls]);
  const ports: { client: number; route: number; monitor: number }[] = [];
  for (let index = 0; index < 3; index += 1)
    ports.push({ client: await freePort(), route: await freePort(), monitor: await freePort() });
  const routes = `[${ports.map(({ route }) => `"nats-route://127.0.0.1:${route}"`).join(', ')}]`;
  const servers = ports.map(({ client, route, monitor }, index) => {
    const store = path.join(folder, `nats-${index}`);
    mkdirSync(store);
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
  });
  const url = ports.map(({ client }) => `tls://127.0.0.1:${client}`).join(',');
  return {
    ...{ url, servers, ca: path.join(tls, 'ca.crt') },
    [Symbol.asyncDispose]: async () => {
      for (const server of servers) {
        if (server.exitCode !== null || server.signalCode !== null) continue;
        server.kill('SIGKILL');
        await once(server, 'exit');
      }
    },
  };
}

test.skipIf(!hasOpenssl)(
  'three servers with TLS hold each stream together, and work goes on without one of them (needs openssl)',
  {
    timeout: 180_000,
  },
  async () => {
    using folder = mkdtempDisposableSync(path.join(tmpdir(), 'arcadia-cluster-'));
    await using database = await throwawayDatabase({ service: 'metering' });
    const env = newSecrets();
    await using cluster = await startCluster(folder.path, env);
    const access = (user: string): Env => ({
      NATS_URL: cluster.url,
      NATS_CA_PATH: cluster.ca,
      NATS_USER: user,
      NATS_PASSWORD: env[`${user.toUpperCase().replaceAll('-', '_')}_PASSWORD`],
    });
    const installer = await startInstaller({ env: { ...access('installer'), NATS_REPLICAS: '3' }, log });
    await using service = await startTestService(metering, {
      database,
      nats: { url: cluster.url },
      env: { ...access('metering'), ACTOR_SIGNING_KEY: env['METERING_SIGNING_KEY'], ACTOR_KEYS: env['ACTOR_KEYS'] },
    });
    const { config } = await service.bus.jsm.streams.info('METERING');
    expect(config.num_replicas).toBe(3);

    const run = async (cause: string): Promise<void> => {
      await service.context.transact((tx) => tx.enqueue('meter-touched-days', {}, { cause }));
      const state = async () =>
        (await sql<{ state: string }>`SELECT state FROM job_runs WHERE cause = ${cause}`.execute(service.context.db))
          .rows;
      await expect.poll(state, { timeout: 60_000 }).toEqual([{ state: 'done' }]);
    };
    await run('with three servers');
    const connected = service.bus.nc.info?.server_name;
    const lost = cluster.servers[Number(connected?.slice(-1)) - 1];
    lost?.kill('SIGKILL');
    await run('with two servers');
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

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Api,
  actorVariables,
  connectApi,
  describeStep,
  issueTokens,
  jobsOn,
  natsUsersOf,
  openHome,
  passwordOf,
  perform,
  type Step,
  servicesWithDatabase,
} from '@arcadia/app';
import { startSimulator, type World } from '@arcadia/digitalocean-simulator';
import { startFinanceStandIn } from '@arcadia/finance-stand-in';
import { type Bus, connectBus, createLog, playedClock, requestSignerOf, startInstaller } from '@arcadia/platform';
import { type ThrowawayDatabase, throwawayDatabase } from '@arcadia/testkit';
import { type NatsWithStore, startNatsWithStore } from './nats-with-store.ts';
import { type Replica, startReplica } from './replica.ts';
import { openTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** The whole system as separate processes, two replicas of each service but the gateway, behind lines that a test can disturb. */
export type Rig = AsyncDisposable & {
  readonly world: World;
  readonly replicas: readonly Replica[];
  readonly postgres: TcpProxy;
  readonly natsLine: TcpProxy;
  readonly nats: NatsWithStore;
  readonly database: ThrowawayDatabase;
  /** A connection to NATS with the operator's rights, past the line. */
  readonly bus: Bus;
  readonly api: Api;
  /** Plays a step until it succeeded, whatever fails meanwhile, and waits until the system is quiet. */
  play(step: Step, index: number): Promise<void>;
  untilQuiet(): Promise<void>;
  log(): string;
};

/** Services that run in one process. */
const hosts = [
  ['inventory-sync', 'metering', 'billing-ingest'],
  ['provisioning', 'invoicing', 'drift', 'notifications'],
] as const;

/** The longest that a step may take, faults included, in milliseconds. */
const patienceMs = 240_000;

export async function openRig(world: World): Promise<Rig> {
  const stack = new AsyncDisposableStack();
  try {
    const folder = mkdtempSync(path.join(tmpdir(), 'arcadia-faults-'));
    stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    const home = openHome(folder, { fresh: false });
    const { secrets } = home.state;
    const database = stack.use(await throwawayDatabase({ services: servicesWithDatabase }));
    const nats = stack.use(await startNatsWithStore(path.join(folder, 'nats'), natsUsersOf(home)));
    const postgres = stack.use(await openTcpProxy({ port: Number(new URL(database.url).port) }));
    const natsLine = stack.use(await openTcpProxy({ port: Number(new URL(nats.url).port) }));
    const begin = Temporal.Instant.from(world.begins_at);
    const [clock, providerClock] = [{ at: begin }, playedClock(begin)];
    const simulator = await startSimulator({ world, clock: providerClock.now, stateFile: home.at('simulator.json') });
    stack.defer(() => simulator.stop());
    const finance = await startFinanceStandIn({ port: 0, secret: secrets.finance });
    stack.defer(() => finance.stop());
    const gatewayPort = await freePort();
    const log = home.at('arcadia.log');
    const access = (user: string, url: string) => ({
      ...{ NATS_URL: url, NATS_USER: user, NATS_PASSWORD: passwordOf(home, user) },
    });
    const installer = await startInstaller({
      env: access('installer', nats.url),
      log: createLog({ name: 'installer', destination: log }),
    });
    stack.defer(() => installer.stop());
    const throughLine = (text: string, port: number): string => {
      const url = new URL(text);
      url.port = String(port);
      return url.toString();
    };
    const common = {
      ARCADIA_WRITE: '1',
      DIGITALOCEAN_API_URL: simulator.url,
      DIGITALOCEAN_TOKEN: world.provider.token ?? 'simulator',
      SPACES_ENDPOINT: simulator.spacesUrl,
      SPACES_KEY: 'simulator',
      SPACES_SECRET: 'simulator',
      SPACES_REGIONS: [...new Set(world.provider.buckets.map(({ region }) => region))].join(',') || 'syd1',
      FINANCE_URL: finance.url,
      FINANCE_SECRET: secrets.finance,
      JWT_SECRET: secrets.jwt,
      WEBHOOK_LOOPBACK: 'on',
      NOTIFICATIONS_KEY: secrets.notifications,
      GATEWAY_HOST: '127.0.0.1',
      GATEWAY_PORT: String(gatewayPort),
    };
    const envOf = (name: string): Record<string, string> => {
      const { ACTOR_SIGNING_KEY = '', ACTOR_KEYS } = actorVariables(secrets, name);
      return {
        ...common,
        ...access(name, throughLine(nats.url, natsLine.port)),
        ...{ ACTOR_SIGNING_KEY, ACTOR_KEYS },
        DATABASE_URL: throughLine(database.urlOf(name), postgres.port),
      };
    };
    const replicaOf = (name: string, services: readonly string[]): Replica =>
      stack.use(
        startReplica(name, services, () => ({
          at: clock.at.toString(),
          log,
          env: Object.fromEntries(services.map((each) => [each, envOf(each)])),
        })),
      );
    const replicas = [
      ...hosts.flatMap((services, index) => ['a', 'b'].map((host) => replicaOf(`${host}${index + 1}`, services))),
      replicaOf('gateway', ['gateway']),
    ];
    const bus = await connectBus(
      { servers: [nats.url], user: 'operator', pass: secrets.operator },
      {
        name: 'player',
        log: createLog({ name: 'player', destination: log }),
        signer: requestSignerOf('operator', { NATS_URL: nats.url, ...actorVariables(secrets, 'operator') }),
      },
    );
    stack.defer(() => bus.close());
    await until('every process is ready', async () => replicas.every((replica) => replica.isReady()));
    const tokens = await issueTokens(home, world);
    const api = await connectApi(`http://127.0.0.1:${gatewayPort}`, tokens.operator);
    const jobs = jobsOn(bus);

    const untilQuiet = async (): Promise<void> => {
      let before = Number.NaN;
      await until('every service is quiet', async () => {
        const quiet = await Promise.all(replicas.map((replica) => replica.quiet()));
        const counts = await Promise.all(replicas.map((replica) => replica.activity()));
        const count = counts.reduce((sum, each) => sum + each, 0);
        const isQuiet = quiet.every(Boolean) && count === before;
        before = quiet.every(Boolean) ? count : Number.NaN;
        return isQuiet;
      });
    };
    return {
      ...{ world, replicas, postgres, natsLine, nats, database, bus, api, untilQuiet },
      async play(step, index) {
        clock.at = step.at;
        providerClock.set(step.at);
        const deadline = Date.now() + patienceMs;
        for (;;) {
          await Promise.all(replicas.map((replica) => replica.setClock(step.at)));
          try {
            await perform(step, `play:${index}`, { world, api, jobs });
            break;
          } catch (error) {
            if (Date.now() > deadline)
              throw new Error(`step ${index} (${describeStep(step)}) did not succeed`, { cause: error });
            await delay(300);
          }
        }
        // A replica that was starting has the time of its start.
        await until('every process is ready', async () => replicas.every((replica) => replica.isReady()));
        await Promise.all(replicas.map((replica) => replica.setClock(step.at)));
        await untilQuiet();
      },
      log: () => readFileSync(log, 'utf8'),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

export async function until(what: string, holds: () => Promise<boolean>, timeoutMs = patienceMs): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`it was not so within ${timeoutMs / 1000} s that ${what}`);
    await delay(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

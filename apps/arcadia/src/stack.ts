import { service as billingIngest } from '@arcadia/billing-ingest';
import { busRights, type ServiceName, services } from '@arcadia/contracts';
import { service as drift } from '@arcadia/drift';
import { service as gateway } from '@arcadia/gateway';
import { service as inventorySync } from '@arcadia/inventory-sync';
import { service as invoicing } from '@arcadia/invoicing';
import { ensureServiceRoles, startNats, startPostgres } from '@arcadia/local-infrastructure';
import { service as metering } from '@arcadia/metering';
import {
  type Clock,
  createLog,
  type Env,
  type RunningService,
  type ServiceDefinition,
  startService,
} from '@arcadia/platform';
import { service as provisioning } from '@arcadia/provisioning';
import type { Home } from './home.ts';
import type { Progress } from './progress.ts';

/** In the order they are started: who is asked comes before who asks. */
const definitions = [
  inventorySync,
  provisioning,
  metering,
  invoicing,
  billingIngest,
  drift,
  gateway,
] as unknown as readonly ServiceDefinition<unknown, unknown>[];

const databaseName = 'arcadia';

export type Stack = {
  readonly services: readonly RunningService[];
  readonly nats: { url: string; user: string; password: string };
  /** Address of each service's database, for whoever wants to look with psql. */
  readonly databaseUrls: ReadonlyMap<ServiceName, string>;
  /** Stops in reverse order of starting. Safe to call twice. */
  stop(): Promise<void>;
};

export type StackOptions = {
  home: Home;
  clock: Clock;
  /** What the services are told besides where their infrastructure is. */
  env: Env;
  /** Only these; all of them when null. */
  only: readonly ServiceName[] | null;
  /** False while a month is played: the player publishes the jobs. */
  scheduler: boolean;
  progress: Progress;
};

/** Postgres, nats-server and the services, in this process. What was started is stopped again when something fails. */
export const startStack = async (options: StackOptions): Promise<Stack> => {
  const { home, progress } = options;
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).toReversed()) await each();
  };
  try {
    const [postgres, nats] = await startTogether(stops, [
      startPostgres({ dataDir: home.at('postgres') }),
      startNats({ storeDir: home.at('nats'), users: natsUsersOf(home), say: (line) => progress.now(line) }),
    ]);
    const named = Object.entries(services).filter(([, { schema }]) => schema !== null);
    const urls = await ensureServiceRoles(
      postgres.url,
      named.map(([name, { schema }]) => ({
        role: String(schema),
        schema: String(schema),
        password: passwordOf(home, name),
      })),
      databaseName,
    );
    const databaseUrls = new Map(named.map(([name], index) => [name as ServiceName, urls[index] ?? '']));
    home.noteNats(nats.url);
    progress.stage(`Postgres and nats-server are up (ports ${postgres.port}, ${nats.port})`);

    const running: RunningService[] = [];
    for (const definition of definitions) {
      if (options.only !== null && !options.only.includes(definition.name)) continue;
      const service = await startService(definition, {
        env: {
          ...options.env,
          NATS_URL: nats.url,
          NATS_USER: definition.name,
          NATS_PASSWORD: passwordOf(home, definition.name),
          DATABASE_URL: databaseUrls.get(definition.name),
        },
        clock: options.clock,
        log: createLog({ name: definition.name, destination: home.at('arcadia.log') }),
        scheduler: options.scheduler,
      });
      stops.push(() => service.stop());
      running.push(service);
      progress.now(`${definition.name} is up`, running.length, definitions.length);
    }
    progress.stage(`${running.length} services are up`);
    return {
      services: running,
      nats: { url: nats.url, user: 'operator', password: home.state.secrets.operator },
      databaseUrls,
      stop,
    };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
};

/** Waits for all; when one fails, those that came up are still stopped. */
const startTogether = async <Started extends readonly { stop(): Promise<void> }[]>(
  stops: (() => Promise<void>)[],
  starting: { [Index in keyof Started]: Promise<Started[Index]> },
): Promise<Started> => {
  const results = await Promise.allSettled(starting as readonly Promise<{ stop(): Promise<void> }>[]);
  for (const result of results) if (result.status === 'fulfilled') stops.push(() => result.value.stop());
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return results.map((result) => (result.status === 'fulfilled' ? result.value : null)) as unknown as Started;
};

const passwordOf = (home: Home, service: string): string => {
  const password = home.state.secrets.services[service];
  if (password === undefined) throw new Error(`${home.folder} knows no service ${service}; start over with --fresh.`);
  return password;
};

/** Each service may publish its own subjects; `operator` may publish anything, for the player and for people with the nats tool. */
const natsUsersOf = (home: Home) => [
  ...(Object.keys(services) as ServiceName[]).map((name) => ({
    name,
    password: passwordOf(home, name),
    ...busRights(name),
  })),
  { name: 'operator', password: home.state.secrets.operator, publish: ['>'] },
];

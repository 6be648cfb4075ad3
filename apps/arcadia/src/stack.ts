import { service as billingIngest } from '@arcadia/billing-ingest';
import type { ServiceName } from '@arcadia/contracts';
import { service as drift } from '@arcadia/drift';
import { service as gateway } from '@arcadia/gateway';
import { service as inventorySync } from '@arcadia/inventory-sync';
import { service as invoicing } from '@arcadia/invoicing';
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
import { passwordOf, type StartInfrastructure, startLocalInfrastructure } from './infrastructure.ts';
import type { Progress } from './progress.ts';
import { serveStackHealth } from './stack-health.ts';

/** All seven. They start together and stop in the reverse of the order in which they came up. */
const definitions = [
  inventorySync,
  provisioning,
  metering,
  invoicing,
  billingIngest,
  drift,
  gateway,
] as unknown as readonly ServiceDefinition<unknown, unknown>[];

export type Stack = {
  readonly services: readonly RunningService[];
  /** Where `/health/ready` and `/metrics` of all of them are. */
  readonly health: string;
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
  /** The embedded servers unless told. */
  infrastructure?: StartInfrastructure;
};

/** The infrastructure and the services, in this process. What was started is stopped again when something fails. */
export const startStack = async (options: StackOptions): Promise<Stack> => {
  const { home, progress, infrastructure = startLocalInfrastructure } = options;
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).toReversed()) await each();
  };
  try {
    const { nats, databaseUrls, stop: stopInfrastructure } = await infrastructure(home, progress);
    stops.push(stopInfrastructure);
    home.noteNats(nats.url);
    const chosen = definitions.filter(({ name }) => options.only === null || options.only.includes(name));
    // Together, as containers would: each makes what it needs where another has not yet.
    const starting = chosen.map(async (definition) => {
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
      progress.now(`${definition.name} is up`);
      return service;
    });
    const started = await Promise.allSettled(starting);
    const running = started.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
    const health = await serveStackHealth(running);
    stops.push(() => health.stop());
    progress.stage(`${running.length} services are up; their health: http://127.0.0.1:${health.port}/health/ready`);
    return {
      services: running,
      health: `http://127.0.0.1:${health.port}`,
      nats: { url: nats.url, user: 'operator', password: home.state.secrets.operator },
      databaseUrls,
      stop,
    };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
};

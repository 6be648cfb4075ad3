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

/** All services. They start together and stop in the reverse of the order in which they became ready. */
export const definitions = [
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
  /** The base URL of `/health/ready` and `/metrics` of all services. */
  readonly health: string;
  readonly nats: { url: string; user: string; password: string };
  /** The database URL of each service, also usable with psql. */
  readonly databaseUrls: ReadonlyMap<ServiceName, string>;
  /** Stops everything in reverse order of starting. Safe to call twice. */
  stop(): Promise<void>;
};

export type StackOptions = {
  home: Home;
  /** Absent, the services take the time from Postgres. */
  clock?: Clock;
  /** The environment of the services; the URLs and passwords of their infrastructure are added. */
  env: Env;
  /** The services to start; null for all. */
  only: readonly ServiceName[] | null;
  /** False while a month is played, because the player triggers the jobs. */
  scheduler: boolean;
  progress: Progress;
  /** By default the embedded servers. */
  infrastructure?: StartInfrastructure;
};

/** Starts the infrastructure and the services in this process. If a part fails to start, everything started before is stopped. */
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
    // All at once, as containers would start: each service creates the streams it needs if they are missing.
    const starting = chosen.map(async (definition) => {
      const service = await startService(definition, {
        env: {
          ...options.env,
          NATS_URL: nats.url,
          NATS_USER: definition.name,
          NATS_PASSWORD: passwordOf(home, definition.name),
          DATABASE_URL: databaseUrls.get(definition.name),
        },
        ...(options.clock === undefined ? {} : { clock: options.clock }),
        log: createLog({ name: definition.name, destination: home.at('arcadia.log') }),
        scheduler: options.scheduler,
      });
      stops.push(() => service.stop());
      progress.now(`${definition.name} is ready`);
      return service;
    });
    const started = await Promise.allSettled(starting);
    const running = started.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
    const health = await serveStackHealth(running);
    stops.push(() => health.stop());
    progress.stage(`${running.length} services are ready; health: http://127.0.0.1:${health.port}/health/ready`);
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

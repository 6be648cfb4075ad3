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

import type { ServiceName } from '@arcadia/contracts';
import { type Clock, createLog, type Env, type RunningService, startInstaller, startService } from '@arcadia/platform';
import { definitions } from './definitions.ts';
import type { Home } from './home.ts';
import { actorVariables, passwordOf, type StartInfrastructure, startLocalInfrastructure } from './infrastructure.ts';
import type { Progress } from './progress.ts';
import { serveStackHealth } from './stack-health.ts';

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
    const access = (user: string) => ({
      NATS_URL: nats.url,
      NATS_USER: user,
      NATS_PASSWORD: passwordOf(home, user),
    });
    const logOf = (name: string) => createLog({ name, destination: home.at('arcadia.log') });
    const installing = { ...options.env, ...access('installer') };
    const installer = await startInstaller({ env: installing, log: logOf('installer') });
    stops.push(() => installer.stop());
    // All at once, as containers would start.
    const starting = chosen.map(async (definition) => {
      const service = await startService(definition, {
        env: {
          NOTIFICATIONS_KEY: home.state.secrets.notifications,
          ...options.env,
          ...access(definition.name),
          ...actorVariables(home.state.secrets, definition.name),
          DATABASE_URL: databaseUrls.get(definition.name),
        },
        ...(options.clock === undefined ? {} : { clock: options.clock }),
        log: logOf(definition.name),
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

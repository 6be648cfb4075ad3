import { ConfigError, type Env } from '../kernel/config.ts';
import type { ServiceDefinition } from '../kernel/definition.ts';
import { createLog, type Logger, redactText } from '../kernel/log.ts';
import { createMetrics } from '../kernel/metrics.ts';
import type { ServiceHealth } from './health.ts';
import { type HealthServer, startHealthServer } from './health-server.ts';
import { parseInstallerSettings, startInstaller } from './installer.ts';
import { recordFacts } from './record-facts.ts';
import { type RunningService, startService } from './service.ts';
import { parseSettings } from './settings.ts';

const stopWithinMs = 25_000;

/**
 * Runs a service as a process: starts it, serves health on HEALTH_PORT (8080 by default) and stops it in order on SIGTERM or
 * SIGINT. The exit code is 0 after such a signal, and 1 when the service could not start, when its connection to NATS was closed, or when it must start again.
 */
export const runService = <DB, Config>(definition: ServiceDefinition<DB, Config>): Promise<void> =>
  runProcess({
    name: definition.name,
    settings: (env) => parseSettings(definition, env).platform,
    start: (options) => startService(definition, options),
  });

/** Runs the installer as a process, like a service. */
export const runInstaller = (): Promise<void> =>
  runProcess({ name: 'installer', settings: (env) => parseInstallerSettings(env).platform, start: startInstaller });

type Running = Pick<RunningService, 'bus' | 'failed' | 'health' | 'metrics' | 'stop'> &
  Partial<Pick<RunningService, 'overview'>>;
type Runnable = {
  name: string;
  settings(env: Env): { logLevel: string; healthPort: number };
  start(options: { env: Env; log: Logger; signal: AbortSignal }): Promise<Running>;
};

async function runProcess({ name, settings, start }: Runnable): Promise<void> {
  const env = process.env;
  let platform: ReturnType<Runnable['settings']>;
  try {
    platform = settings(env);
  } catch (error) {
    explain(error, name);
    process.exit(1);
  }
  const log = createLog({
    name,
    level: platform.logLevel,
    pretty: process.stdout.isTTY === true,
  });
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  let service: Running | null = null;
  let health: HealthServer | null = null;
  try {
    // Before anything is waited for: health names it while the service is starting.
    health = await startHealthServer(
      observedOf(name, () => service),
      { port: platform.healthPort },
    );
    service = await start({ env, log, signal: stopping.signal });
  } catch (error) {
    if (stopping.signal.aborted) process.exit(0);
    explain(error, name);
    await service?.stop();
    process.exit(1);
  }
  await until(stopping.signal, service);
  const giveUp = setTimeout(() => process.exit(1), stopWithinMs);
  await service.stop();
  await health.stop();
  clearTimeout(giveUp);
  process.exit(stopping.signal.aborted ? 0 : 1);
}

type Observable = Pick<RunningService, 'health' | 'metrics'> & Partial<Pick<RunningService, 'overview'>>;

/** The health and metrics of a service, also while it is starting. */
const observedOf = (name: string, running: () => Observable | null) => {
  const starting = createMetrics(name);
  const start = {
    ok: false,
    detail: 'the service is starting: it waits for Postgres, for NATS, for the installer or for a migration',
  };
  recordFacts(starting, { start });
  return {
    name,
    health: async (): Promise<ServiceHealth> =>
      (await running()?.health()) ?? { service: name, ok: false, facts: { start } },
    overview: async () => (await running()?.overview?.()) ?? null,
    metrics: { text: async () => (await running()?.metrics.text()) ?? (await starting.text()) },
  };
};

/** Resolves on the signal to stop, when the connection to NATS is closed for good, or when the service must start again. */
async function until(signal: AbortSignal, service: Pick<RunningService, 'bus' | 'failed'>): Promise<void> {
  if (signal.aborted) return;
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await Promise.race([aborted, service.bus.nc.closed(), service.failed]);
}

function explain(error: unknown, service: string): void {
  const text = error instanceof Error ? error.message : String(error);
  const why = error instanceof ConfigError ? text : `${service} could not start: ${text}`;
  process.stderr.write(`${redactText(why)}\n`);
  if (!(error instanceof ConfigError) && error instanceof Error)
    process.stderr.write(`${redactText(error.stack ?? '')}\n`);
}

import { setTimeout as delay } from 'node:timers/promises';
import { withLeader } from '../bus/await-leader.ts';
import { installStreams } from '../bus/install-streams.ts';
import { type Bus, connectBus } from '../bus/nats.ts';
import { type Env, natsAccess, parseAll } from '../kernel/config.ts';
import { errorText, type Logger } from '../kernel/log.ts';
import { createMetrics, type Metrics } from '../kernel/metrics.ts';
import { type InstallerConfig, parseInstallerConfig } from '../kernel/platform-config.ts';
import type { ServiceHealth } from './health.ts';
import { recordFacts } from './record-facts.ts';

export type RunningInstaller = {
  readonly bus: Bus;
  readonly metrics: Metrics;
  health(): Promise<ServiceHealth>;
  /** Never resolves: the installer goes on whatever happens. */
  readonly failed: Promise<string>;
  stop(): Promise<void>;
};

const everyMs = 10_000;

/**
 * All settings of the installer.
 * @throws ConfigError that names every variable that is missing or wrong
 */
export const parseInstallerSettings = (env: Env) =>
  parseAll({ platform: () => parseInstallerConfig(env), access: () => natsAccess('installer', env) });

/**
 * Creates and updates the streams of all services, then watches them: a stream that vanishes is created again within seconds,
 * empty, and its service publishes the lost events again from its log. No service has the rights to do this.
 * @throws when the streams cannot be created according to the settings
 */
export async function startInstaller(options: {
  env: Env;
  log: Logger;
  signal?: AbortSignal;
}): Promise<RunningInstaller> {
  const { log, signal } = options;
  const { platform, access } = parseInstallerSettings(options.env);
  const bus = await connectBus(access, { name: 'installer', log, ...(signal === undefined ? {} : { signal }) });
  try {
    const waiting = { log, ...(signal === undefined ? {} : { signal }) };
    const created = await withLeader(() => installStreams(bus, platform.streams), waiting);
    log.info({ created }, 'ready: all streams are in place');
  } catch (error) {
    await bus.close();
    throw error;
  }
  const watching = watch(bus, platform, log);
  const metrics = createMetrics('installer');
  return {
    bus,
    metrics,
    failed: new Promise(() => undefined),
    async health() {
      const failure = watching.failure();
      const streams = failure === null ? { ok: true } : { ok: false, detail: failure };
      const nats = { ok: bus.isConnected() };
      recordFacts(metrics, { nats, streams });
      return { service: 'installer', ok: nats.ok && streams.ok, facts: { nats, streams } };
    },
    async stop() {
      await watching.stop();
      await bus.close();
    },
  };
}

function watch(
  bus: Bus,
  { streams }: InstallerConfig,
  log: Logger,
): { failure(): string | null; stop(): Promise<void> } {
  const stopping = new AbortController();
  let failure: string | null = null;
  async function check(): Promise<void> {
    if (!bus.isConnected()) return;
    try {
      const created = await installStreams(bus, streams);
      failure = null;
      for (const stream of created)
        log.error({ alarm: true, stream }, 'a stream had vanished and was created again, empty');
    } catch (error) {
      failure = errorText(error);
      log.warn({ err: error }, 'the streams could not be checked; trying again');
    }
  }
  async function repeat(): Promise<void> {
    while (!stopping.signal.aborted) {
      await delay(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (!stopping.signal.aborted) await check();
    }
  }
  const repeating = repeat();
  return {
    failure: () => failure,
    async stop() {
      stopping.abort();
      await repeating;
    },
  };
}

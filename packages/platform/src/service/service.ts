import type { ServiceName } from '@arcadia/contracts';
import { withLeader } from '../bus/await-leader.ts';
import { awaitStreams } from '../bus/await-streams.ts';
import { queuesOf } from '../bus/durables.ts';
import { type Bus, connectBus } from '../bus/nats.ts';
import { streamsPublishedBy } from '../bus/streams.ts';
import { type RunningConsumer, startConsumer } from '../consumers/consumer-runner.ts';
import { jobAnswers } from '../jobs/job-answers.ts';
import { type RunningQueue, startQueue } from '../jobs/job-worker.ts';
import { type RunningSchedule, startSchedule } from '../jobs/schedule.ts';
import { type Clock, systemClock } from '../kernel/clock.ts';
import type { Env } from '../kernel/config.ts';
import {
  type Answer,
  type HealthFact,
  type Job,
  type ServiceContext,
  type ServiceDefinition,
} from '../kernel/definition.ts';
import { createLog, type Logger } from '../kernel/log.ts';
import { createMetrics, type Metrics } from '../kernel/metrics.ts';
import { parsePlatformConfig } from '../kernel/platform-config.ts';
import { startTracing } from '../kernel/start-tracing.ts';
import { wallClock } from '../kernel/wall-clock.ts';
import { type Relay, startRelay } from '../outbox/relay.ts';
import { watchDisk } from '../postgres/disk-of-postgres.ts';
import { closeDeadConnections } from '../postgres/postgres.ts';
import { startPostgresClock } from '../postgres/postgres-clock.ts';
import { type RunningAnswers, startAnswering } from '../requests/answering.ts';
import { awaitCaughtUp } from '../restore/await-caught-up.ts';
import { rebuildTables } from '../restore/rebuild.ts';
import { restoreFromStreams } from '../restore/restore-from-streams.ts';
import { watchForSetBack } from '../restore/watch-for-set-back.ts';
import type { Runtime } from '../runtime.ts';
import { createRuntime } from './create-runtime.ts';
import { isQuiet, type Observed, type QuietOptions, type ServiceHealth, serviceHealth } from './health.ts';
import { startMaintenance } from './maintenance.ts';
import { openDatabase, type Undo } from './open-database.ts';
import { operatingAnswers } from './operating-answers.ts';
import { parseSettings } from './settings.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

export type StartOptions = {
  env: Env;
  clock?: Clock;
  log?: Logger;
  /** False: no scheduled jobs until `startScheduler()`; the time-lapse player triggers the jobs itself. */
  scheduler?: boolean;
  signal?: AbortSignal;
};

export type RunningService<DB = unknown, Config = unknown> = {
  readonly name: ServiceName;
  readonly context: ServiceContext<DB, Config>;
  readonly bus: Bus;
  readonly metrics: Metrics;
  health(): Promise<ServiceHealth>;
  /** The state of the whole system; null for a service that does not show it. */
  overview(): Promise<Record<string, unknown> | null>;
  /** True when the service has nothing to do. For several services together use `untilQuiet`. */
  quiet(options?: QuietOptions): Promise<boolean>;
  /** How many pieces of work have begun since the start. */
  activity(): number;
  startScheduler(): void;
  /** Resolves with a sentence when the service must be started again to go on: its database was set back while it ran. */
  readonly failed: Promise<string>;
  /** Takes no new work, finishes running work, acknowledges and closes the connections. */
  stop(): Promise<void>;
};

/**
 * Starts a service: config, database and migrations, NATS, streams, relay, answers, consumers, jobs, schedule.
 * @throws when a step fails; the parts already started are stopped first
 */
export async function startService<DB, Config>(
  definition: ServiceDefinition<DB, Config>,
  options: StartOptions,
): Promise<RunningService<DB, Config>> {
  const undo: Undo = [];
  const log = options.log ?? createLog({ name: definition.name, level: parsePlatformConfig(options.env).logLevel });
  try {
    return await start(definition, options, log, undo);
  } catch (error) {
    await unwind(undo, log);
    throw error;
  }
}

async function unwind(undo: Undo, log: Logger): Promise<void> {
  for (const { label, stop } of undo.splice(0).reverse()) {
    try {
      await stop();
    } catch (error) {
      log.warn({ err: error, label }, 'a part of the service did not stop cleanly');
    }
  }
}

async function start<DB, Config>(
  definition: ServiceDefinition<DB, Config>,
  options: StartOptions,
  log: Logger,
  undo: Undo,
): Promise<RunningService<DB, Config>> {
  const { env } = options;
  const wall = wallClock();
  const { config, platform, access, signer } = parseSettings(definition, env, wall);
  const metrics = createMetrics(definition.name);
  // From 0 on: of a counter that begins with its first loss, Prometheus would see no increase.
  for (const stream of streamsPublishedBy(definition.name)) {
    metrics.count('arcadia_published_total', { stream }, 0);
    metrics.count('arcadia_stream_regressed_total', { stream }, 0);
  }
  const tracing = await startTracing(definition.name, platform.tracing);
  undo.push({ label: 'traces', stop: () => tracing.stop() });
  const reported = new Map<string, HealthFact>();

  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const disk = watchDisk();
  const database =
    definition.schema === null
      ? null
      : await openDatabase<DB>(definition, definition.schema, { env, log, undo, disk, ...signal });
  const bus = await connectBus(access, { name: definition.name, log, signer, ...signal });
  undo.push({ label: 'nats', stop: () => bus.close() });
  const { retentionDays } = platform;
  const { extraDays } = await awaitStreams(bus, streamsOf(definition), { log, ...signal, retentionDays });
  if (extraDays > 0) {
    log.warn(
      { extraDays, retentionDays },
      'streams keep events longer than RETENTION_DAYS; RETENTION_MAY_SHRINK=1 of the installer deletes the older events',
    );
  }

  const timed =
    database === null || options.clock !== undefined ? null : await startPostgresClock(database.db, { log, metrics });
  if (timed !== null) {
    undo.push({ label: 'clock', stop: () => timed.stop() });
    wall.follow(timed);
  }
  const clock = options.clock ?? timed ?? systemClock;
  const runtime = createRuntime({
    definition,
    env,
    config,
    log,
    metrics,
    tracing,
    bus,
    db: database?.db ?? null,
    clock,
    wallClock: wall,
    reported,
  });
  const waiting = { log, ...signal };
  const acknowledged =
    database === null ? {} : await withLeader(() => restoreFromStreams(runtime, definition), waiting);
  const rebuilt = database === null ? [] : await rebuildTables(runtime, definition, waiting);
  const setBack = watchForSetBack(runtime, definition.consumes);
  const observed: Observing<DB, Config> = {
    consumers: [...rebuilt],
    queues: [],
    relay: null,
    scheduled: [],
    clock: timed,
    disk,
    reported,
    checks: definition.checks ?? {},
  };
  let watchdog: Watchdog | null = null;
  if (database !== null) {
    // A loss that the relay finds before there is a watchdog is found by its first check.
    const onLoss = () => void watchdog?.check();
    const common = { service: definition.name, bus, isSetBack: setBack.check, clock, log, metrics, tracing };
    const relay = startRelay({ ...common, schema: database.schema, session: database.session, onLoss });
    observed.relay = relay;
    runtime.publisher.wake = relay.wake;
    undo.push({ label: 'relay', stop: () => relay.stop() });
  }
  await startParts(definition, runtime, {
    observed,
    undo,
    health: () => serviceHealth(runtime, observed),
    waiting,
    beforeJobs: () => awaitCaughtUp(observed.consumers, acknowledged, waiting),
  });

  if (database !== null) {
    const guard = startWatchdog(runtime, observed, setBack.check);
    watchdog = guard;
    undo.push({ label: 'watchdog', stop: () => guard.stop() });
    // The log of events is kept as long as the streams that it can fill again.
    const maintenance = startMaintenance(runtime, retentionDays + extraDays);
    undo.push({ label: 'maintenance', stop: () => maintenance.stop() });
  }

  let schedule: RunningSchedule | null = null;
  const startScheduler = () => {
    if (schedule !== null || database === null) return;
    schedule = startSchedule(runtime, definition.jobs);
    observed.scheduled = definition.jobs.filter((job) => job.schedule !== undefined);
    undo.push({ label: 'schedule', stop: () => (schedule as RunningSchedule).stop() });
  };
  if (options.scheduler !== false) startScheduler();
  const stopExtra = await definition.start?.(runtime.ctx);
  if (typeof stopExtra === 'function') undo.push({ label: 'extra', stop: stopExtra });

  log.info({ replica: runtime.ctx.instanceId }, 'ready');
  return {
    name: definition.name,
    context: runtime.ctx,
    bus,
    metrics,
    health: () => serviceHealth(runtime, observed),
    overview: () => definition.overview?.(runtime.ctx) ?? Promise.resolve(null),
    quiet: (options) => isQuiet(runtime, observed, options),
    activity: () => runtime.activity.count(),
    startScheduler,
    failed: setBack.found,
    stop: async () => {
      if (database !== null) await closeDeadConnections(database.pool);
      await unwind(undo, log);
    },
  };
}

/** The observed parts while they are being started. */
type Observing<DB, Config> = Observed<DB, Config> & {
  consumers: RunningConsumer[];
  queues: RunningQueue[];
  relay: Relay | null;
  scheduled: readonly Job<DB, Config>[];
};

/** The streams that a service works with; one without a database publishes nothing and has no jobs. */
function streamsOf<DB, Config>(definition: ServiceDefinition<DB, Config>): Set<string> {
  const consumed = definition.consumes.flatMap((consumer) => consumer.consumes.map((contract) => contract.stream));
  const own = definition.schema === null ? [] : [...streamsPublishedBy(definition.name), 'AUDIT', 'JOBS', 'DEAD'];
  return new Set([...own, ...consumed, ...(definition.replays ?? [])]);
}

async function startParts<DB, Config>(
  definition: ServiceDefinition<DB, Config>,
  runtime: Runtime<DB, Config>,
  {
    observed,
    undo,
    health,
    waiting,
    beforeJobs,
  }: {
    observed: { consumers: RunningConsumer[]; queues: RunningQueue[] };
    undo: Undo;
    health: () => Promise<ServiceHealth>;
    waiting: Parameters<typeof withLeader>[1];
    beforeJobs: () => Promise<void>;
  },
): Promise<void> {
  const answers: Answer<DB, Config>[] = [...definition.answers];
  if (runtime.hasDatabase)
    answers.push(...jobAnswers(runtime), ...operatingAnswers(runtime, health, definition.projections));
  const answering: RunningAnswers = await startAnswering(runtime, answers);
  undo.push({ label: 'answers', stop: () => answering.stop() });
  for (const consumer of definition.consumes) {
    const rebuilt = observed.consumers.find(({ name }) => name === consumer.name);
    const running = rebuilt ?? (await withLeader(() => startConsumer(runtime, consumer), waiting));
    if (rebuilt === undefined) observed.consumers.push(running);
    undo.push({ label: `consumer ${consumer.name}`, stop: () => running.stop() });
  }
  await beforeJobs();
  for (const [queue, jobs] of queuesOf(definition.jobs)) {
    const running = await withLeader(() => startQueue(runtime, queue, jobs), waiting);
    observed.queues.push(running);
    undo.push({ label: `queue ${queue}`, stop: () => running.stop() });
  }
}

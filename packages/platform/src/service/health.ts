import type { ConsumerInfo } from '@nats-io/jetstream';
import { sql } from 'kysely';
import { jobStream } from '../bus/job-message.ts';
import { nextFor } from '../bus/streams.ts';
import type { RunningConsumer } from '../consumers/consumer-runner.ts';
import { jobsFact, parkedFact, parkedNow, queuesFact, scheduleFact } from '../jobs/job-health.ts';
import type { RunningQueue } from '../jobs/job-worker.ts';
import type { HealthFact, Job, ServiceDefinition } from '../kernel/definition.ts';
import { errorText } from '../kernel/log.ts';
import type { Relay } from '../outbox/relay.ts';
import { relayFact } from '../outbox/relay-health.ts';
import type { DiskWatch } from '../postgres/disk-of-postgres.ts';
import { clockFact, type PostgresClock } from '../postgres/postgres-clock.ts';
import type { Runtime } from '../runtime.ts';
import { recordFacts } from './record-facts.ts';

export type ServiceHealth = {
  service: string;
  /** True if the service can do its work. False takes a replica out of rotation but does not restart it. */
  ok: boolean;
  facts: Record<string, HealthFact>;
};

/** A consumer with more unhandled messages is reported as not ready. */
const maxReadyLag = 50_000;
/** One whose next message has waited longer, in seconds, is reported as not ready. */
const maxReadyAgeSeconds = 600;
const checkTimeoutMs = 2_000;

export type QuietOptions = { inStreams: boolean };

export type Observed<DB, Config> = {
  consumers: readonly RunningConsumer[];
  queues: readonly RunningQueue[];
  relay: Relay | null;
  /** Jobs whose schedule this replica follows; empty while its scheduler is off. */
  scheduled: readonly Job<DB, Config>[];
  /** Null while a played clock, or a service without a database, decides the time. */
  clock: PostgresClock | null;
  disk: DiskWatch;
  reported: ReadonlyMap<string, HealthFact>;
  checks: NonNullable<ServiceDefinition<DB, Config>['checks']>;
};

export async function serviceHealth<DB, Config>(
  runtime: Runtime<DB, Config>,
  observed: Observed<DB, Config>,
): Promise<ServiceHealth> {
  const facts: Record<string, HealthFact> = {};
  const consumers = observed.consumers.map(({ name }) => name);
  const parked = observed.relay === null ? Promise.resolve(new Map<string, number>()) : parkedNow(runtime);
  parked.catch(() => undefined); // the checks that await it report the error
  const check = async (name: string, read: () => Promise<HealthFact>) => {
    facts[name] = await withTimeout(read);
  };
  await Promise.all([
    check('nats', async () => ({ ok: runtime.bus.isConnected() })),
    ...(observed.relay === null
      ? []
      : [
          check('postgres', async () => {
            const { rows } = await sql<{ is_read_only: boolean; bytes: string }>`
              SELECT pg_is_in_recovery() AS is_read_only, pg_database_size(current_database()) AS bytes`.execute(
              runtime.db,
            );
            const bytes = Number(rows[0]?.bytes ?? 0);
            runtime.metrics.gauge('arcadia_database_bytes', {}, bytes);
            if (rows[0]?.is_read_only === true)
              return { ok: false, detail: 'it is a standby, which takes no writes', bytes };
            return observed.disk.fact(bytes);
          }),
          check('relay', () => relayFact(runtime, observed.relay as Relay)),
          check('jobs', async () => jobsFact(runtime, await parked)),
          check('dead letters', async () => parkedFact(runtime, await parked, consumers)),
          check('job queues', () => queuesFact(runtime, observed.queues)),
          check('schedule', () => scheduleFact(runtime, observed.scheduled)),
        ]),
    ...observed.consumers.map((each) => check(`consumer ${each.name}`, () => consumerFact(runtime, each))),
    ...Object.entries(observed.checks).map(([name, read]) => check(name, () => read(runtime.ctx))),
  ]);
  if (observed.clock !== null) facts['clock'] = clockFact(observed.clock);
  for (const [name, fact] of observed.reported) facts[name] = fact;
  recordFacts(runtime.metrics, facts);
  return { service: runtime.name, ok: Object.values(facts).every((fact) => fact.ok), facts };
}

async function withTimeout(read: () => Promise<HealthFact>): Promise<HealthFact> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<HealthFact>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, detail: `no answer within ${checkTimeoutMs} ms` }), checkTimeoutMs);
  });
  try {
    return await Promise.race([read(), late]);
  } catch (error) {
    return { ok: false, detail: errorText(error) };
  } finally {
    clearTimeout(timer);
  }
}

async function consumerFact<DB, Config>(runtime: Runtime<DB, Config>, consumer: RunningConsumer): Promise<HealthFact> {
  const info = await consumer.info();
  const lag = info.num_pending + info.num_ack_pending;
  runtime.metrics.gauge('arcadia_consumer_lag', { consumer: consumer.name }, lag);
  const oldestSeconds = lag === 0 ? 0 : await ageOfNext(runtime, info);
  runtime.metrics.gauge('arcadia_consumer_oldest_seconds', { consumer: consumer.name }, oldestSeconds);
  const paused = consumer.paused();
  const faults = [
    ...(paused === null ? [] : [`paused: ${paused}`]),
    ...(lag <= maxReadyLag ? [] : [`${lag} messages wait to be handled`]),
    ...(oldestSeconds <= maxReadyAgeSeconds ? [] : [`the oldest message has waited for ${oldestSeconds} seconds`]),
  ];
  return {
    ...{ ok: faults.length === 0, lag, oldest_seconds: oldestSeconds },
    ...(faults.length === 0 ? {} : { detail: faults.join('; ') }),
  };
}

/** How long the first message that a consumer has not handled has been on its stream, in seconds. */
async function ageOfNext<DB, Config>({ bus, ctx }: Runtime<DB, Config>, info: ConsumerInfo): Promise<number> {
  const next = await nextFor(bus, info, info.ack_floor.stream_seq + 1);
  return next === null
    ? 0
    : Math.max(0, Math.round((ctx.wallClock.now().epochMilliseconds - next.time.getTime()) / 1_000));
}

/**
 * True when the service has nothing to do: no transaction or handler runs, the outbox is empty, and neither its consumers nor
 * its job queues have messages to deliver or acknowledge. The outbox is checked first, because a message is on its stream before
 * its pointer is deleted. The server counts a message for its consumers only some time after it has confirmed the publication,
 * on a busy machine much later. So the jobs that this service published last must have been delivered, and with `inStreams` the
 * streams of its consumers are searched for messages that were not. False while Postgres or NATS cannot be reached.
 */
export async function isQuiet<DB, Config>(
  runtime: Runtime<DB, Config>,
  observed: Observed<DB, Config>,
  { inStreams }: QuietOptions = { inStreams: false },
): Promise<boolean> {
  if (runtime.activity.busy()) return false;
  const before = runtime.activity.count();
  try {
    if (await hasUnfinished(runtime, observed, inStreams)) return false;
  } catch (error) {
    runtime.ctx.log.debug({ err: error }, 'could not check whether the service is quiet');
    return false;
  }
  return !runtime.activity.busy() && runtime.activity.count() === before;
}

async function hasUnfinished<DB, Config>(
  runtime: Runtime<DB, Config>,
  observed: Observed<DB, Config>,
  inStreams: boolean,
): Promise<boolean> {
  const outgoing = observed.relay === null ? null : await readOutgoing(runtime);
  if (outgoing?.is_waiting === true) return true;
  const infosOf = (all: readonly { info(): Promise<ConsumerInfo> }[]) => Promise.all(all.map((each) => each.info()));
  const [consumers, queues] = await Promise.all([infosOf(observed.consumers), infosOf(observed.queues)]);
  if ([...consumers, ...queues].some((info) => info.num_pending > 0 || info.num_ack_pending > 0)) return true;
  const lastJob = Number(outgoing?.last_job ?? 0);
  if (queues.length > 0 && queues.every((info) => info.delivered.stream_seq < lastJob)) return true;
  if (!inStreams) return false;
  const next = await Promise.all(consumers.map((info) => nextFor(runtime.bus, info, info.delivered.stream_seq + 1)));
  return next.some((message) => message !== null);
}

/**
 * Whether messages wait to be published, and the sequence of the last job that was published within ten seconds. Delayed jobs
 * count when they are due within 60 seconds of real time, or due by the service's clock. It reads the outbox by its index: a
 * table scan would read every pointer deleted since the last vacuum.
 */
async function readOutgoing<DB, Config>(runtime: Runtime<DB, Config>) {
  const { rows } = await sql<{ is_waiting: boolean; last_job: string | null }>`
    SELECT (SELECT number FROM outbox ORDER BY number LIMIT 1) IS NOT NULL OR EXISTS (
      SELECT 1 FROM job_delays
      WHERE (is_wall AND due_at <= clock_timestamp() + interval '60 seconds')
         OR (NOT is_wall AND due_at <= ${runtime.ctx.clock.now().toString()}::timestamptz)
    ) AS is_waiting, (
      SELECT seq FROM acknowledged WHERE stream = ${jobStream} AND at > clock_timestamp() - interval '10 seconds'
    ) AS last_job`.execute(runtime.db);
  return rows[0];
}

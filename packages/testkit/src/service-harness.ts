import {
  type Actor,
  type EventContract,
  type EventData,
  type RequestContract,
  type RequestOutput,
  type RequestRefusal,
  type ServiceName,
  services,
} from '@arcadia/contracts';
import {
  awaitJob,
  type Bus,
  type Clock,
  connectBus,
  createLog,
  decompressJson,
  type Env,
  encodeEvent,
  joinDivided,
  messageHeaders,
  publishInOrder,
  type RunningService,
  type ServiceDefinition,
  ServiceFailed,
  sendRequest,
  startService,
  triggerJob,
  untilQuiet,
} from '@arcadia/platform';
import pg from 'pg';
import type { z } from 'zod';

type Reachable = { readonly url: string };
const quietLog = (name: string) => createLog({ name, level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });

/** The environment of a service under test; `extra` adds its own variables. */
export function testEnv(database: Reachable | null, nats: Reachable, extra: Env = {}): Env {
  return { NATS_URL: nats.url, ...(database === null ? {} : { DATABASE_URL: database.url }), ...extra };
}

export type TestService<DB, Config> = RunningService<DB, Config> &
  AsyncDisposable & {
    /** Waits until this service has nothing to do, at most 10,000 ms by default. */
    settled(timeoutMs?: number): Promise<void>;
    /** Runs a job as its schedule would at this instant, and waits until it is done. */
    runJob(job: string, scheduledAt: Temporal.Instant | string, input?: unknown): Promise<void>;
  };

/**
 * Starts a service on real servers, with its schedules off by default: `await using service = await startTestService(definition, { database, nats })`.
 */
export async function startTestService<DB, Config>(
  definition: ServiceDefinition<DB, Config>,
  options: { database: Reachable | null; nats: Reachable; clock?: Clock; env?: Env; scheduler?: boolean },
): Promise<TestService<DB, Config>> {
  const service = await startService(definition, {
    env: testEnv(options.database, options.nats, options.env),
    log: quietLog(definition.name),
    scheduler: options.scheduler ?? false,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  return {
    ...service,
    settled: (timeoutMs = 30_000) => untilQuiet([service], { timeoutMs }),
    async runJob(job, at, input) {
      const scheduledAt = Temporal.Instant.from(at);
      await triggerJob(service.bus, service.name, job, { scheduledAt, ...(input === undefined ? {} : { input }) });
      await awaitJob(service.bus, service.name, job, { scheduledAt });
    },
    [Symbol.asyncDispose]: () => service.stop(),
  };
}

async function withBus<T>(nats: Reachable, work: (bus: Bus) => Promise<T>): Promise<T> {
  const bus = await connectBus({ servers: [nats.url] }, { name: 'test', log: quietLog('test') });
  try {
    return await work(bus);
  } finally {
    await bus.close();
  }
}

export type PublishOptions = {
  occurredAt?: Temporal.Instant | string;
  /** Headers to replace or add: another `Nats-Msg-Id` to pass the server's deduplication, another `ce-dataversion`. */
  headers?: Record<string, string>;
};

/** Publishes events as their owning service would. Returns their ids. */
export async function publishEvent<Contract extends EventContract>(
  nats: Reachable,
  contract: Contract,
  data: EventData<Contract> | readonly EventData<Contract>[],
  options: PublishOptions = {},
): Promise<string[]> {
  const all: readonly unknown[] = Array.isArray(data) ? data : [data];
  const occurredAt = Temporal.Instant.from(options.occurredAt ?? Temporal.Now.instant());
  const events = all.flatMap((one) => encodeEvent(contract, one, { occurredAt, headers: null }));
  await withBus(nats, async (bus) => {
    for (let from = 0; from < events.length; from += 500) {
      const batch = events.slice(from, from + 500).map((event) => ({
        subject: event.subject,
        payload: event.payload,
        headers: { ...messageHeaders(event, contract.owner), ...options.headers },
      }));
      await publishInOrder(bus, contract.stream, batch);
    }
  });
  return [...new Set(events.map((event) => event.id))];
}

/** Publishes any message, also an invalid one, to the stream of its subject. */
export async function publishRaw(
  nats: Reachable,
  message: { subject: string; payload: string; headers?: Record<string, string> },
): Promise<void> {
  await withBus(nats, async (bus) => {
    const stream = await bus.jsm.streams.find(message.subject);
    await publishInOrder(bus, stream, [{ ...message, headers: message.headers ?? {} }]);
  });
}

/** Sends a request to a running service, as the gateway would; errors as for `sendRequest`. */
export async function askService<Contract extends RequestContract>(
  nats: Reachable,
  contract: Contract,
  input: z.input<Contract['input']>,
  options: { actor: Actor; idempotencyKey?: string; deadlineMs?: number },
): Promise<RequestOutput<Contract> | RequestRefusal<Contract>> {
  try {
    return await withBus(nats, (bus) => sendRequest(bus, contract, input, options));
  } catch (error) {
    if (error instanceof ServiceFailed && process.env['TEST_LOG_LEVEL'] === undefined) {
      error.message += '. Run the test with TEST_LOG_LEVEL=error to see the cause.';
    }
    throw error;
  }
}

export type PublishedEvent<Data> = { id: string; type: string; subject: string; occurredAt: string; data: Data };

/** The events that a service has published, in their order, read from its events log; parts are put together. */
export async function publishedEvents<Contract extends EventContract>(
  database: Reachable,
  contract: Contract,
): Promise<PublishedEvent<EventData<Contract>>[]> {
  const schema = services[contract.owner as ServiceName].schema ?? 'public';
  type Payload = Record<string, unknown>;
  const stored = await readRows<{ id: string; subject: string; at: string; payload: Payload | string }>(
    database,
    `SELECT id, subject, to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, payload
     FROM ${pg.escapeIdentifier(schema)}.events WHERE type = $1 ORDER BY number`,
    [contract.type],
  );
  const rows = stored.map(({ payload, ...row }) => ({
    ...row,
    payload: typeof payload === 'string' ? (decompressJson(payload) as Payload) : payload,
  }));
  // The parts of an event have one id and follow each other.
  return [...Map.groupBy(rows, ({ id }) => id).values()].map(([first, ...more]) => {
    const { id, subject, at, payload } = first as (typeof rows)[number];
    const data =
      more.length === 0 ? payload : joinDivided([payload, ...more.map((part) => part.payload)], contract.parts);
    return {
      id,
      type: contract.type,
      subject,
      occurredAt: Temporal.Instant.from(at).toString(),
      data: data as EventData<Contract>,
    };
  });
}

/** The rows of one statement, for what no request shows. */
export async function readRows<Row extends pg.QueryResultRow>(
  database: Reachable,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

import { randomUUID } from 'node:crypto';
import { type EventContract, gateway } from '@arcadia/contracts';
import type { Kysely } from 'kysely';
import { type Durable, durableOf } from '../bus/durables.ts';
import type { Bus } from '../bus/nats.ts';
import {
  countLetters,
  dismissDeadLetter,
  lettersAfter,
  openLetters,
  showDeadLetter,
} from '../consumers/dead-letters.ts';
import { follow } from '../consumers/follow.ts';
import { replay } from '../consumers/replay.ts';
import { createActivity } from '../kernel/activity.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Env } from '../kernel/config.ts';
import type { HealthFact, Job, ServiceContext, ServiceDefinition } from '../kernel/definition.ts';
import type { Logger } from '../kernel/log.ts';
import type { Metrics } from '../kernel/metrics.ts';
import type { Tracing } from '../kernel/tracing.ts';
import { assertOutsideTransaction, transact } from '../outbox/transaction.ts';
import { sendRequest, sendStreamRequest } from '../requests/request.ts';
import type { Runtime } from '../runtime.ts';

/** The objects that the parts of a service share, and the context that its handlers get. */
export function createRuntime<DB, Config>(parts: {
  definition: ServiceDefinition<DB, Config>;
  env: Env;
  config: Config;
  log: Logger;
  metrics: Metrics;
  tracing: Tracing;
  bus: Bus;
  db: Kysely<DB> | null;
  clock: Clock;
  wallClock: Clock;
  reported: Map<string, HealthFact>;
}): Runtime<DB, Config> {
  const { definition, bus, clock, log, metrics, tracing } = parts;
  const activity = createActivity();
  const publisher = {
    service: definition.name,
    clock,
    publishes: new Set([gateway.commandAudited, ...definition.publishes].map((contract) => contract.type)),
    jobs: new Map(definition.jobs.map((job) => [job.name, job as unknown as Job<never, never>])),
    wake: () => undefined,
  };
  const noDatabase = new Proxy({} as Kysely<DB>, {
    get() {
      throw new Error(`${definition.name} has no database`);
    },
  });
  const db = parts.db ?? noDatabase;
  const ctx: ServiceContext<DB, Config> = {
    db,
    config: parts.config,
    clock,
    wallClock: parts.wallClock,
    log,
    name: definition.name,
    instanceId: randomUUID(),
    env: parts.env,
    tracing,
    metrics,
    transact: (work) => activity.during(() => transact(db, publisher, work)),
    request: (contract, input, options) => {
      assertOutsideTransaction(contract.name);
      return sendRequest(bus, contract, input, options);
    },
    requestStream: (contract, input, options) => {
      assertOutsideTransaction(contract.name);
      return sendStreamRequest(bus, contract, input, options);
    },
    follow: (contracts, followOptions) => {
      assertReplayed(definition, contracts);
      return follow({ bus, service: definition.name, log }, contracts, followOptions);
    },
    lastOf: async (stream) => (await bus.jsm.streams.info(stream)).state.last_seq,
    replay: (contracts, replayOptions) => {
      assertReplayed(definition, contracts);
      return replay({ bus, service: definition.name }, contracts, replayOptions);
    },
    deadLetters: {
      list: (page) => lettersAfter(bus, page),
      count: (service) => countLetters(bus, service),
      show: (number) => showDeadLetter(bus, number),
      dismiss: (number) => dismissDeadLetter(bus, number),
    },
    health: { report: (fact, state) => void parts.reported.set(fact, state) },
    handledThrough: (consumer) => handledThrough(definition, bus, consumer),
    openLetters: (consumer) =>
      openLetters({ db, bus, name: definition.name }, { ...durableNamed(definition, consumer), consumer }),
  };
  const reads = new Map(
    definition.answers.flatMap((answer) => (answer.kind === 'read' ? [[answer.contract.name, answer] as const] : [])),
  );
  const hasDatabase = parts.db !== null;
  return { name: definition.name, db, hasDatabase, bus, ctx, publisher, metrics, tracing, activity, reads };
}

/** @throws for an event of a stream that the service may not replay */
function assertReplayed<DB, Config>(
  { name, replays }: ServiceDefinition<DB, Config>,
  contracts: readonly EventContract[],
): void {
  for (const { stream } of contracts) {
    if (!replays?.includes(stream)) throw new Error(`${name} does not list ${stream} among the streams it replays`);
  }
}

/** @throws when the service has no such consumer */
function durableNamed<DB, Config>(definition: ServiceDefinition<DB, Config>, name: string): Durable {
  const consumer = definition.consumes.find((each) => each.name === name);
  if (consumer === undefined) throw new Error(`${definition.name} has no consumer ${name}`);
  return durableOf(definition.name, consumer);
}

/** The server's acknowledgement floor: the sequence up to which all messages are acknowledged without a gap. */
async function handledThrough<DB, Config>(
  definition: ServiceDefinition<DB, Config>,
  bus: Bus,
  name: string,
): Promise<number> {
  const { stream, durable } = durableNamed(definition, name);
  const info = await bus.jsm.consumers.info(stream, durable);
  return info.ack_floor.stream_seq;
}

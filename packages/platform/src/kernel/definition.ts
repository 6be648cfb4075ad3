import type {
  Actor,
  EventContract,
  EventData,
  EventStreamName,
  Refusal,
  RequestContract,
  RequestInput,
  RequestOutput,
  RequestRefusal,
  ServiceName,
  StreamName,
} from '@arcadia/contracts';
import type { Kysely, RawBuilder, Transaction } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { z } from 'zod';
import type { OpenLetters, StoredDeadLetter } from '../consumers/letter.ts';
import type { CapturedTable } from './captured-table.ts';
import type { Clock } from './clock.ts';
import type { Env, Variables } from './config.ts';
import type { FollowOptions, ReplayOptions } from './follow-options.ts';
import type { HealthFact } from './health-fact.ts';
import type { EnqueueOptions, JobRef, JobRun, JobSchedule } from './job-run.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { PublishEncoded, PublishFromOptions, PublishOptions } from './publish-options.ts';
import type { RequestOptions, StreamedReply } from './request-options.ts';
import type { Tracing } from './tracing.ts';

export type { FollowedEvent, FollowOptions, ReplayOptions } from './follow-options.ts';
export type { HealthFact } from './health-fact.ts';
export type { RequestOptions, StreamedReply } from './request-options.ts';

/** The declaration of a service: its tables, and the lists of what it publishes, consumes, answers and runs on a schedule. */
export type ServiceDefinition<DB, Config> = {
  name: ServiceName;
  /** The Postgres schema that the service owns; null for a service without a database. */
  schema: string | null;
  /** Called once at start; throws ConfigError with a sentence for the person who starts the service. */
  config: ((env: Env) => Config) & { readonly variables?: Variables };
  migrations: Record<string, Migration>;
  /** The events that the service may publish; publishing any other throws. */
  publishes: readonly EventContract[];
  consumes: readonly Consumer<DB, Config>[];
  /** How the service's own events return to its tables after its database was set back to an earlier state. */
  restores?: readonly Restore<DB, Config>[];
  /** Tables that change seldom and hold what no event carries whole: their changed rows are published too, to return likewise. */
  captures?: readonly CapturedTable[];
  /** Runs at the end of a restore, before anything else, to derive what neither events nor captured rows carry. May run again. */
  restored?(ctx: ServiceContext<DB, Config>): Promise<void>;
  /** By the name of a consumer the tables that it alone writes, and by which nothing is published: `arcadia rebuild` has them written again. */
  projections?: Readonly<Record<string, readonly string[]>>;
  answers: readonly Answer<DB, Config>[];
  jobs: readonly Job<DB, Config>[];
  replays?: readonly EventStreamName[]; // any other stream throws
  /** Checks whenever health is read, beside those of the platform, by the name of the fact. */
  checks?: Readonly<Record<string, (ctx: ServiceContext<DB, Config>) => Promise<HealthFact>>>;
  /** The state of the whole system, which the health page of this service shows beside its own facts. */
  overview?(ctx: ServiceContext<DB, Config>): Promise<Record<string, unknown>>;
  /** Starts anything else, such as an HTTP server; returns a function that stops it. */
  start?(ctx: ServiceContext<DB, Config>): Promise<void | (() => Promise<void>)>;
};

export type ServiceContext<DB, Config> = {
  readonly db: Kysely<DB>;
  readonly config: Config;
  readonly clock: Clock;
  readonly wallClock: Clock; // the real time, also while a month is played
  readonly log: Logger;
  readonly name: ServiceName;
  /** A random id of this running replica. */
  readonly instanceId: string;
  readonly env: Env;
  readonly tracing: Pick<Tracing, 'span'>;
  readonly metrics: Pick<Metrics, 'seconds'>;
  /** Runs one transaction, again on serialization failure and deadlock, so `work` may run more than once. Its events are published after the commit. */
  transact<T>(work: (tx: Tx<DB>) => Promise<T>): Promise<T>;
  /** Sends a request and waits for the answer; a refusal is returned. Throws ServiceUnavailable (no answer in time) or ServiceFailed (its handler failed). */
  request<Contract extends RequestContract>(
    contract: Contract,
    input: z.input<Contract['input']>,
    options: RequestOptions,
  ): Promise<RequestOutput<Contract> | RequestRefusal<Contract>>;
  /** Requests a file, which arrives in chunks; errors as for `request`. */
  requestStream<Contract extends RequestContract>(
    contract: Contract,
    input: z.input<Contract['input']>,
    options: RequestOptions,
  ): Promise<StreamedReply | RequestRefusal<Contract>>;
  /** Follows the events of these contracts (all of one stream) from an age on and then as they are published, each once and in stream order. */
  follow(contracts: readonly EventContract[], options: FollowOptions): Promise<void>;
  /** The sequence of the last message of a stream that the service replays. */
  lastOf(stream: StreamName): Promise<number>;
  /** Reads the stored events of these contracts (all of one stream) in stream order, up to the present end of the stream; nothing is acknowledged. */
  replay<Contract extends EventContract>(
    contracts: readonly Contract[],
    options?: ReplayOptions,
  ): AsyncIterable<Replayed<Contract>>;
  /** The dead letters of all services; only the gateway has the right to read and remove them. */
  readonly deadLetters: {
    list(page: { service?: string | undefined; after: number; limit: number }): Promise<StoredDeadLetter[]>;
    count(service: string | undefined): Promise<number>;
    show(number: number): Promise<StoredDeadLetter | null>;
    dismiss(number: number): Promise<void>;
  };
  readonly health: { report(fact: string, state: HealthFact): void };
  /** The stream sequence up to which the named consumer of this service has handled or parked every message. */
  handledThrough(consumer: string): Promise<number>;
  openLetters(consumer: string): Promise<OpenLetters>;
};

/** The events of consecutive messages of a stream, with parts put together, and the messages that could not be read. */
export type Replayed<Contract extends EventContract> = {
  events: Received<Contract>[];
  unreadable: { stream: string; seq: number; detail: string }[];
  /** How many messages are still to be read after these. */
  left: number;
};

/** A transaction that can also publish events and enqueue jobs; both become visible with its commit, or not at all. */
export type Tx<DB> = {
  readonly sql: Transaction<DB>;
  /** Publishes one event or many: validated now (throws if unlisted, invalid or too large), written and numbered at the end, after all row locks. */
  publish<Contract extends EventContract>(
    contract: Contract,
    data: EventData<Contract> | readonly EventData<Contract>[],
    options?: PublishOptions,
  ): Promise<void>;
  readonly publishEncoded: PublishEncoded;
  /**
   * Publishes one event for each row of a query, inside the database: rows of `key` (text), `subject` (text) and `data` (json).
   * They are written at once, in the query's order. Returns how many events were published.
   */
  publishFrom<Contract extends EventContract>(
    contract: Contract,
    query: RawBuilder<unknown>,
    options?: PublishOptions & PublishFromOptions,
  ): Promise<number>;
  /** Enqueues a job of this service; it is done once per (job, key of the input, cause). */
  enqueue<Input extends z.ZodType>(
    job: JobRef<Input> | string,
    input: z.input<Input>,
    options?: EnqueueOptions,
  ): Promise<void>;
};

/** One event as a consumer's handler receives it: validated, with its parts put together. */
export type ReceivedOf<Contract extends EventContract> = Contract extends EventContract
  ? {
      readonly contract: Contract;
      readonly type: Contract['type'];
      readonly data: EventData<Contract>;
      readonly id: string;
      readonly occurredAt: Temporal.Instant;
      readonly stream: string;
      readonly seq: number;
      readonly subject: string;
      readonly headers: Readonly<Record<string, string>>;
    }
  : never;

// oxlint-disable-next-line typescript/no-explicit-any -- a received event whose contract is not narrowed yet
export type Received<Contract extends EventContract = any> = ReceivedOf<Contract>;

export type ConsumerOptions<Contract extends EventContract, DB, Config> = {
  /** Unique within the service; names the durable consumer on the server, so renaming it starts over. */
  name: string;
  /** The events to consume, all of one stream. */
  consumes: readonly Contract[];
  /** Subjects to consume instead of all subjects of the contracts. */
  subjects?: readonly string[];
  /** The most messages in one transaction; by default 500. */
  batch?: number;
  /** `inbox`: the handler sees each event id once. `none`: the handler itself is idempotent, by key and revision. */
  dedupe?: 'inbox' | 'none';
  /** How often a message that fails by itself is tried before it becomes a dead letter; by default 5. */
  maxAttempts?: number;
  /** How long the server waits for an acknowledgement before it delivers the message again; by default 8,000 ms. Renewed while this replica has it. */
  ackWaitMs?: number;
  handle(batch: Received<Contract>[], tx: Tx<DB>, ctx: TransactionContext<DB, Config>): Promise<void>;
};

export type Consumer<DB, Config> = {
  readonly name: string;
  readonly consumes: readonly EventContract[];
  readonly subjects?: readonly string[];
  readonly batch?: number;
  readonly dedupe?: 'inbox' | 'none';
  readonly maxAttempts?: number;
  readonly ackWaitMs?: number;
  handle(batch: Received[], tx: Tx<DB>, ctx: ServiceContext<DB, Config>): Promise<void>;
};

/** Takes published events of one contract back into the tables. An event may be there already, whole or newer. */
export type Restore<DB, Config> = {
  readonly contract: EventContract;
  restore(events: Received[], trx: Transaction<DB>, ctx: TransactionContext<DB, Config>): Promise<void>;
};

export type ReadRequest<Contract extends RequestContract> = {
  input: RequestInput<Contract>;
  actor: Actor;
  /** Aborts when the requester no longer waits. */
  signal: AbortSignal;
  traceparent: string | null;
};

export type CommandRequest<Contract extends RequestContract, DB> = ReadRequest<Contract> & {
  tx: Tx<DB>;
  idempotencyKey: string | null;
};

export type UnmanagedRequest<Contract extends RequestContract> = ReadRequest<Contract> & {
  idempotencyKey: string | null;
  ifMatch: string | null; // The handler compares it, with `refuseStale`.
  /** Audits in the transaction of the effect. Not called (a refusal; an effect that another service audits): audited after the handler. */
  audit(tx: Pick<Tx<never>, 'publish'> & { readonly sql: unknown }, response: unknown): Promise<void>;
};

/** A file as an answer, sent in chunks because a reply holds at most 512 KiB. */
export type StreamedAnswer = {
  head: Record<string, unknown>;
  chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;
};

export type Answer<DB, Config> = {
  readonly contract: RequestContract;
  readonly kind: 'read' | 'command' | 'unmanaged' | 'stream';
  // oxlint-disable-next-line typescript/no-explicit-any -- the kind decides the type of the request; answer() keeps the types for its author
  handle(request: any, ctx: ServiceContext<DB, Config>): Promise<unknown>;
  /** Runs before the transaction of a command; its result is handed to `handle` as `resolved`. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as for handle
  resolve?(request: any, ctx: ServiceContext<DB, Config>): Promise<unknown>;
};

/** The return value of a handler: the answer as the contract describes it, or a refusal that the contract names. */
export type ContractReply<Contract extends RequestContract> = Promise<
  z.input<Contract['output']> | RequestRefusal<Contract>
>;

/** A service's context inside a transaction: no request to another service, and no second transaction. */
export type TransactionContext<DB, Config> = Omit<
  ServiceContext<DB, Config>,
  'request' | 'requestStream' | 'transact' | 'replay'
>;

/** Handles a command inside its transaction. */
export type CommandHandler<Contract extends RequestContract, DB, Config> = (
  request: CommandRequest<Contract, DB>,
  ctx: TransactionContext<DB, Config>,
) => ContractReply<Contract>;

/**
 * The handler of a command that needs another service: `resolve` sends the request before the transaction begins, and `handle`
 * gets the result as `resolved`. A refusal returned by `resolve` is the answer. A repeated command does not call `resolve`.
 */
export type ResolvingHandler<Contract extends RequestContract, Resolved, DB, Config> = {
  resolve: (
    request: ReadRequest<Contract>,
    ctx: ServiceContext<DB, Config>,
  ) => Promise<Resolved | RequestRefusal<Contract>>;
  handle: (
    request: CommandRequest<Contract, DB> & { resolved: Exclude<Resolved, Refusal> },
    ctx: TransactionContext<DB, Config>,
  ) => ContractReply<Contract>;
};

export type JobOptions<Input extends z.ZodType, DB, Config> = {
  name: string;
  input: Input;
  key: (input: z.output<Input>) => string;
  /** Jobs of one queue share its concurrency; by default a job has its own queue. */
  queue?: string;
  /** How many jobs of the queue run at once over all replicas; by default 2. */
  concurrency?: number;
  schedule?: JobSchedule<z.input<Input>>;
  /** How often a job is tried before it becomes a dead letter; by default 5. */
  maxAttempts?: number;
  /** How long a worker may be silent before another takes over; by default 8,000 ms. Renewed while the job runs. */
  leaseMs?: number | ((config: Config) => number);
  /** Milliseconds to wait before an attempt (the first retry is attempt 2); by default doubling from 1 s to 5 min. */
  retryDelayMs?: (attempt: number) => number;
  run(job: JobRun<z.output<Input>>, ctx: ServiceContext<DB, Config>): Promise<void>;
};

export type Job<DB, Config> = {
  readonly name: string;
  readonly input: z.ZodType;
  readonly queue?: string | undefined;
  readonly concurrency?: number | undefined;
  readonly maxAttempts?: number | undefined;
  readonly leaseMs?: number | ((config: Config) => number) | undefined;
  // oxlint-disable-next-line typescript/no-explicit-any -- job() keeps the types for its author
  readonly schedule?: JobSchedule<any>;
  // oxlint-disable-next-line typescript/no-explicit-any -- job() keeps the types for its author
  key(input: any): string;
  retryDelayMs?(attempt: number): number;
  // oxlint-disable-next-line typescript/no-explicit-any -- job() keeps the types for its author
  run(job: JobRun<any>, ctx: ServiceContext<DB, Config>): Promise<void>;
};

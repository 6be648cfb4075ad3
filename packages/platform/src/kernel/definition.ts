import type {
  Actor,
  EventContract,
  EventData,
  Refusal,
  RequestContract,
  RequestInput,
  RequestOutput,
  RequestRefusal,
  ServiceName,
} from '@arcadia/contracts';
import type { Kysely, RawBuilder, Transaction } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { z } from 'zod';
import type { Clock } from './clock.ts';
import type { Env } from './config.ts';
import type { Logger } from './log.ts';

/** What a service is, declaratively: its tables, what it says, hears, answers and runs on a clock. */
export type ServiceDefinition<DB, Config> = {
  name: ServiceName;
  /** The Postgres schema it owns; null for a service that keeps nothing. */
  schema: string | null;
  /** Parsed once at start; throws ConfigError with a sentence for the person who starts it. */
  config: (env: Env) => Config;
  migrations: Record<string, Migration>;
  /** What it may say; saying anything else is a bug and throws. */
  publishes: readonly EventContract[];
  consumes: readonly Consumer<DB, Config>[];
  answers: readonly Answer<DB, Config>[];
  jobs: readonly Job<DB, Config>[];
  /** What else runs, an HTTP server for example; returns how to stop it. */
  start?(ctx: ServiceContext<DB, Config>): Promise<void | (() => Promise<void>)>;
};

export type ServiceContext<DB, Config> = {
  readonly db: Kysely<DB>;
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly name: ServiceName;
  /** Differs for every running replica. */
  readonly instanceId: string;
  readonly env: Env;
  /** One transaction; retried on serialization failure and deadlock, so `work` may run more than once. What it says is published after the commit. */
  transact<T>(work: (tx: Tx<DB>) => Promise<T>): Promise<T>;
  /** Ask another service. A refusal is returned, an unreachable service throws ServiceUnavailable. */
  request<Contract extends RequestContract>(
    contract: Contract,
    input: z.input<Contract['input']>,
    options: RequestOptions,
  ): Promise<RequestOutput<Contract> | RequestRefusal<Contract>>;
  /** Ask for a file, which travels in chunks. */
  requestStream<Contract extends RequestContract>(
    contract: Contract,
    input: z.input<Contract['input']>,
    options: RequestOptions,
  ): Promise<StreamedReply | RequestRefusal<Contract>>;
  /** The live feed: events as they are said, for readers that may miss some. Returns how to stop. Nothing is replayed. */
  listen(contracts: readonly EventContract[], hear: (event: LiveEvent) => void): () => void;
  /** What a stream holds of these contracts (all of one stream), read again in its order up to where it ends now; nothing is acknowledged. */
  replay<Contract extends EventContract>(
    contracts: readonly Contract[],
    options?: ReplayOptions,
  ): AsyncIterable<Replayed<Contract>>;
  readonly health: { report(fact: string, state: HealthFact): void };
  /** The stream sequence up to which one of this service's consumers has handled (or parked) every message meant for it. */
  handledThrough(consumer: string): Promise<number>;
};

export type ReplayOptions = {
  /** Narrower subjects than the contracts' own. */
  subjects?: readonly string[];
  signal?: AbortSignal;
};

/** A run of a stream's messages, parts put together, and what of it could not be read. */
export type Replayed<Contract extends EventContract> = {
  events: Received<Contract>[];
  unreadable: { stream: string; seq: number; detail: string }[];
};

/** An event of the live feed, not validated again; null data stands for one that is too large to come whole. */
export type LiveEvent = {
  readonly id: string;
  readonly type: string;
  readonly occurredAt: string;
  readonly data: unknown;
};

export type HealthFact = { ok: boolean; detail?: string; [extra: string]: unknown };

export type RequestOptions = {
  actor: Actor;
  /** How long the answer is worth waiting for; 5 s unless told. */
  deadlineMs?: number;
  /** For commands: the same key takes effect once. */
  idempotencyKey?: string;
  traceparent?: string;
};

export type StreamedReply = {
  /** What the answering service says about the file: name, media type. */
  head: Record<string, unknown>;
  chunks: AsyncIterable<Uint8Array>;
};

/** A transaction that can also say events and enqueue jobs; both become visible with its commit, or not at all. */
export type Tx<DB> = {
  readonly sql: Transaction<DB>;
  /** Say one event or many; validated now, written (and numbered) at the end of the transaction, after all row locks. */
  publish<Contract extends EventContract>(
    contract: Contract,
    data: EventData<Contract> | readonly EventData<Contract>[],
    options?: PublishOptions,
  ): Promise<void>;
  /**
   * Say what a query yields without bringing it into this process: rows of `key` (text), `subject` (text) and `data` (json).
   * Written at once, in the query's order. Returns how many were said.
   */
  publishFrom<Contract extends EventContract>(
    contract: Contract,
    query: RawBuilder<unknown>,
    options?: PublishOptions,
  ): Promise<number>;
  /** Have a job of this service done, once per (job, key of the input, cause). */
  enqueue<Input extends z.ZodType>(
    job: JobRef<Input> | string,
    input: z.input<Input>,
    options: EnqueueOptions,
  ): Promise<void>;
};

export type PublishOptions = {
  /** When it happened; the clock's now unless told. */
  occurredAt?: Temporal.Instant;
  /** The id of the event (or the name of the job) that this follows from. */
  causation?: string;
};

export type EnqueueOptions = {
  /** What asks for it: a scheduled time, a step and attempt, an event's id. The same cause again is a repetition and not done twice. */
  cause: string;
  /** Not before this instant of the service's clock. */
  runAt?: Temporal.Instant;
  /** Not before this many milliseconds on the wall: for polling the outside world, also while a played clock stands still. */
  delayMs?: number;
};

/** One event as a consumer's handler sees it: parsed, whole (parts put together). */
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

// oxlint-disable-next-line typescript/no-explicit-any -- a heard event whose contract is not narrowed yet
export type Received<Contract extends EventContract = any> = ReceivedOf<Contract>;

export type ConsumerOptions<Contract extends EventContract, DB, Config> = {
  /** Unique within the service; names the durable consumer on the server, so renaming it starts over. */
  name: string;
  /** All of one stream. */
  consumes: readonly Contract[];
  /** Narrower subjects than the contracts' own. */
  subjects?: readonly string[];
  /** How many messages one transaction takes at most; 500 unless told. */
  batch?: number;
  /** `inbox`: the handler sees each event id once. `none`: the handler itself is idempotent, by key and revision. */
  dedupe?: 'inbox' | 'none';
  /** How often a message that fails by itself is tried before it is parked; 5 unless told. */
  maxAttempts?: number;
  /** How long the server waits for an acknowledgement before another replica gets the message; 30 s unless told. Renewed while a batch runs. */
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

export type ReadRequest<Contract extends RequestContract> = {
  input: RequestInput<Contract>;
  actor: Actor;
  deadline: Temporal.Instant;
  signal: AbortSignal;
  traceparent: string | null;
};

export type CommandRequest<Contract extends RequestContract, DB> = ReadRequest<Contract> & {
  tx: Tx<DB>;
  idempotencyKey: string | null;
};

export type UnmanagedRequest<Contract extends RequestContract> = ReadRequest<Contract> & {
  idempotencyKey: string | null;
};

/** A file as an answer: said in chunks, because replies are at most 512 KB. */
export type StreamedAnswer = {
  head: Record<string, unknown>;
  chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;
};

export type Answer<DB, Config> = {
  readonly contract: RequestContract;
  readonly kind: 'read' | 'command' | 'unmanaged' | 'stream';
  // oxlint-disable-next-line typescript/no-explicit-any -- the kind decides what is asked; answer() keeps the types for its author
  handle(request: any, ctx: ServiceContext<DB, Config>): Promise<unknown>;
  /** Runs before the transaction of a command; its result is handed to `handle` as `resolved`. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as for handle
  resolve?(request: any, ctx: ServiceContext<DB, Config>): Promise<unknown>;
};

/** What a handler returns: the answer as the contract describes it, or a refusal that the contract names. */
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
 * A command that needs something of another service: `resolve` requests it before the transaction begins, and its result
 * reaches `handle` as `resolved`. A refusal of `resolve` is the answer. A repetition of an answered command resolves nothing.
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

export type Reply<Contract extends RequestContract> = Promise<z.input<Contract['output']> | Refusal>;

export type JobRef<Input extends z.ZodType = z.ZodType> = {
  readonly name: string;
  readonly input: Input;
  key(input: z.output<Input>): string;
};

export type JobRun<Input> = {
  input: Input;
  /** The tick it is for; null when something else caused it. */
  scheduledAt: Temporal.Instant | null;
  /** Aborted when the lease is lost or the service stops. */
  signal: AbortSignal;
  /** Counts from 1. */
  attempt: number;
  cause: string;
  /** Remember how far it has come, for whoever looks on and for the next attempt. */
  progress(state: Record<string, unknown>): Promise<void>;
};

export type JobSchedule<Input> = {
  /** Five or six fields, in UTC. */
  cron: string;
  /** The inputs this tick asks for: one, or several jobs. */
  input: (scheduledAt: Temporal.Instant) => Input | Input[];
  /** What to do about ticks that nobody was there for: all of them (oldest first), only the newest, or none. */
  catchUp: 'all' | 'newest' | 'none';
};

export type JobOptions<Input extends z.ZodType, DB, Config> = {
  name: string;
  input: Input;
  key: (input: z.output<Input>) => string;
  /** Jobs of one queue share its concurrency; a queue of its own unless told. */
  queue?: string;
  /** How many of this queue run at once over all replicas; 2 unless told. */
  concurrency?: number;
  schedule?: JobSchedule<z.input<Input>>;
  /** 5 unless told; then it is parked. */
  maxAttempts?: number;
  /** How long a worker may be silent before another takes over; 25 s unless told. Renewed while it runs. */
  leaseMs?: number | ((config: Config) => number);
  /** Waiting time before an attempt, 1-based; doubles from 1 s to 5 min unless told. */
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

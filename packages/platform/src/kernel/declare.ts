import type { EventContract, Refusal, RequestContract, RequestRefusal } from '@arcadia/contracts';
import type { z } from 'zod';
import type {
  Answer,
  CommandHandler,
  CommandRequest,
  Consumer,
  ConsumerOptions,
  ContractReply,
  Job,
  JobOptions,
  ReadRequest,
  Reply,
  ResolvingHandler,
  ServiceContext,
  ServiceDefinition,
  StreamedAnswer,
  UnmanagedRequest,
} from './definition.ts';
import type { JobRef } from './job-run.ts';

/** Stands for tables and config that a handler does not name; `forService` binds both and needs no such type. */
// oxlint-disable-next-line typescript/no-explicit-any -- deliberately unbound, see above
type Loose = any;

/** Defines a service; prefer `forService`, which types its handlers. */
export function defineService<DB, Config>(definition: ServiceDefinition<DB, Config>): ServiceDefinition<DB, Config> {
  return definition;
}

/**
 * Declares one durable consumer; each batch is handled in one transaction.
 * @throws when its contracts belong to several streams, or when there are none
 */
export function consumer<Contract extends EventContract, DB = Loose, Config = Loose>(
  options: ConsumerOptions<Contract, DB, Config>,
): Consumer<DB, Config> {
  const streams = new Set(options.consumes.map((contract) => contract.stream));
  if (streams.size !== 1) {
    throw new Error(`consumer ${options.name} must consume contracts of exactly one stream, not of ${streams.size}`);
  }
  return options as unknown as Consumer<DB, Config>;
}

/**
 * Declares the handler of a request. A read runs outside any transaction; a command runs in one transaction together with
 * its idempotency row and its audit row.
 */
export function answer<Contract extends RequestContract, DB = Loose, Config = Loose>(
  contract: Contract & { effect: 'read' },
  handle: (request: ReadRequest<Contract>, ctx: ServiceContext<DB, Config>) => Reply<Contract>,
): Answer<DB, Config>;
export function answer<Contract extends RequestContract, DB = Loose, Config = Loose>(
  contract: Contract,
  handle: (request: CommandRequest<Contract, DB>, ctx: ServiceContext<DB, Config>) => Reply<Contract>,
): Answer<DB, Config>;
export function answer<DB, Config>(
  contract: RequestContract,
  handle: (request: never, ctx: ServiceContext<DB, Config>) => Promise<unknown>,
): Answer<DB, Config> {
  return { contract, kind: contract.effect, handle: handle as Answer<DB, Config>['handle'] };
}

/** Declares the handler of a command that cannot be one transaction; the handler manages idempotency by itself. */
export function answerUnmanaged<Contract extends RequestContract, DB = Loose, Config = Loose>(
  contract: Contract,
  handle: (request: UnmanagedRequest<Contract>, ctx: ServiceContext<DB, Config>) => Reply<Contract>,
): Answer<DB, Config> {
  return { contract, kind: 'unmanaged', handle };
}

/** Declares the handler of a request that is answered with a file: `head` is sent first, then the chunks as the requester takes them. */
export function answerStream<Contract extends RequestContract, DB = Loose, Config = Loose>(
  contract: Contract,
  handle: (request: ReadRequest<Contract>, ctx: ServiceContext<DB, Config>) => Promise<StreamedAnswer | Refusal>,
): Answer<DB, Config> {
  return { contract, kind: 'stream', handle };
}

/** Declares work that is done once per (name, key, cause) over all replicas. */
export function job<Input extends z.ZodType, DB = Loose, Config = Loose>(
  options: JobOptions<Input, DB, Config>,
): Job<DB, Config> & JobRef<Input> {
  return options as unknown as Job<DB, Config> & JobRef<Input>;
}

/**
 * The makers of a service with its tables and its config bound, so that every handler is typed: `tx` and `ctx` by the
 * service, input, answer and refusals by the contract. A refusal word that the contract does not name does not compile.
 * Each service binds them once, in its `context.ts`.
 */
export function forService<DB, Config>() {
  type Context = ServiceContext<DB, Config>;

  /** Answers a read. It runs outside any transaction. */
  function answerRequest<Contract extends RequestContract>(
    contract: Contract & { effect: 'read' },
    handle: (request: ReadRequest<Contract>, ctx: Context) => ContractReply<Contract>,
  ): Answer<DB, Config>;
  /** Answers a command in one transaction, together with its idempotency row and its audit row. */
  function answerRequest<Contract extends RequestContract, Resolved>(
    contract: Contract & { effect: 'command' },
    handle: CommandHandler<Contract, DB, Config> | ResolvingHandler<Contract, Resolved, DB, Config>,
  ): Answer<DB, Config>;
  function answerRequest(contract: RequestContract, handler: unknown): Answer<DB, Config> {
    type Handling = Pick<Answer<DB, Config>, 'handle' | 'resolve'>;
    const handling = typeof handler === 'function' ? { handle: handler as Handling['handle'] } : (handler as Handling);
    return { contract, kind: contract.effect, ...handling };
  }

  return {
    defineService: (definition: ServiceDefinition<DB, Config>) => definition,
    answer: answerRequest,
    /** Answers a command that cannot be one transaction; its handler manages idempotency by itself. */
    answerUnmanaged: <Contract extends RequestContract>(
      contract: Contract,
      handle: (request: UnmanagedRequest<Contract>, ctx: Context) => ContractReply<Contract>,
    ): Answer<DB, Config> => ({ contract, kind: 'unmanaged', handle }),
    /** Answers with a file: `head` is sent first, then the chunks as the requester takes them. */
    answerStream: <Contract extends RequestContract>(
      contract: Contract,
      handle: (request: ReadRequest<Contract>, ctx: Context) => Promise<StreamedAnswer | RequestRefusal<Contract>>,
    ): Answer<DB, Config> => ({ contract, kind: 'stream', handle }),
    /** Declares one durable consumer of one stream; each batch is handled in one transaction. */
    consumer: <Contract extends EventContract>(options: ConsumerOptions<Contract, DB, Config>) => consumer(options),
    /** Declares work that is done once per (name, key, cause) over all replicas. */
    job: <Input extends z.ZodType>(options: JobOptions<Input, DB, Config>) => job(options),
  };
}

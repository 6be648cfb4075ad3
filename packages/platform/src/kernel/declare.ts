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
  JobRef,
  ReadRequest,
  Reply,
  ResolvingHandler,
  ServiceContext,
  ServiceDefinition,
  StreamedAnswer,
  UnmanagedRequest,
} from './definition.ts';

/** A handler that names neither its tables nor its config is taken by any service; `forService` binds both at once. */
// oxlint-disable-next-line typescript/no-explicit-any -- the loose end of the inference, see above
type Loose = any;

export function defineService<DB, Config>(definition: ServiceDefinition<DB, Config>): ServiceDefinition<DB, Config> {
  return definition;
}

/** What a service consumes: one durable consumer, one transaction per batch. */
export function consumer<Contract extends EventContract, DB = Loose, Config = Loose>(
  options: ConsumerOptions<Contract, DB, Config>,
): Consumer<DB, Config> {
  const streams = new Set(options.consumes.map((contract) => contract.stream));
  if (streams.size !== 1) {
    throw new Error(`consumer ${options.name} must hear contracts of exactly one stream, not of ${streams.size}`);
  }
  return options as unknown as Consumer<DB, Config>;
}

/**
 * What a service answers. A read gets a snapshot of nothing in particular; a command runs in one transaction together with
 * its idempotency row and its audit row.
 */
export function answer<Contract extends RequestContract, DB = Loose, Config = Loose>(
  contract: Contract & { effect: 'read' },
  handle: (asked: ReadRequest<Contract>, ctx: ServiceContext<DB, Config>) => Reply<Contract>,
): Answer<DB, Config>;
export function answer<Contract extends RequestContract, DB = Loose, Config = Loose>(
  contract: Contract,
  handle: (asked: CommandRequest<Contract, DB>, ctx: ServiceContext<DB, Config>) => Reply<Contract>,
): Answer<DB, Config>;
export function answer<DB, Config>(
  contract: RequestContract,
  handle: (asked: never, ctx: ServiceContext<DB, Config>) => Promise<unknown>,
): Answer<DB, Config> {
  return { contract, kind: contract.effect, handle: handle as Answer<DB, Config>['handle'] };
}

/** A command that cannot be one transaction: its handler manages idempotency by itself. */
export function answerUnmanaged<Contract extends RequestContract, DB = Loose, Config = Loose>(
  contract: Contract,
  handle: (asked: UnmanagedRequest<Contract>, ctx: ServiceContext<DB, Config>) => Reply<Contract>,
): Answer<DB, Config> {
  return { contract, kind: 'unmanaged', handle };
}

/** A request whose answer is a file: `head` goes first, then the chunks as the asker takes them. */
export function answerStream<Contract extends RequestContract, DB = Loose, Config = Loose>(
  contract: Contract,
  handle: (asked: ReadRequest<Contract>, ctx: ServiceContext<DB, Config>) => Promise<StreamedAnswer | Refusal>,
): Answer<DB, Config> {
  return { contract, kind: 'stream', handle };
}

/** Work done once per (name, key, cause) over all replicas. */
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
    /** One durable consumer; each batch is handled in one transaction. */
    consumer: <Contract extends EventContract>(options: ConsumerOptions<Contract, DB, Config>) => consumer(options),
    /** Work done once per (name, key, cause) over all replicas. */
    job: <Input extends z.ZodType>(options: JobOptions<Input, DB, Config>) => job(options),
  };
}

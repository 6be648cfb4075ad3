import type { EventContract, RequestContract, RequestRefusal } from '@arcadia/contracts';
import type { Transaction } from 'kysely';
import type { z } from 'zod';
import type {
  Answer,
  CommandHandler,
  Consumer,
  ConsumerOptions,
  ContractReply,
  Job,
  JobOptions,
  ReadRequest,
  Received,
  ResolvingHandler,
  Restore,
  ServiceContext,
  ServiceDefinition,
  StreamedAnswer,
  TransactionContext,
  UnmanagedRequest,
} from './definition.ts';
import type { JobRef } from './job-run.ts';

/**
 * Checks a consumer's declaration.
 * @throws when its contracts belong to several streams, or when there are none
 */
function consumerOf<Contract extends EventContract, DB, Config>(
  options: ConsumerOptions<Contract, DB, Config>,
): Consumer<DB, Config> {
  const streams = new Set(options.consumes.map((contract) => contract.stream));
  if (streams.size !== 1) {
    throw new Error(`consumer ${options.name} must consume contracts of exactly one stream, not of ${streams.size}`);
  }
  return options as unknown as Consumer<DB, Config>;
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
    consumer: <Contract extends EventContract>(options: ConsumerOptions<Contract, DB, Config>) => consumerOf(options),
    /** Declares how published events of one contract return to the tables after the database was set back. */
    restore: <Contract extends EventContract>(
      contract: Contract,
      restore: (
        events: Received<Contract>[],
        trx: Transaction<DB>,
        ctx: TransactionContext<DB, Config>,
      ) => Promise<void>,
    ): Restore<DB, Config> => ({ contract, restore: restore as Restore<DB, Config>['restore'] }),
    /** Declares work that is done once per (name, key, cause) over all replicas. */
    job: <Input extends z.ZodType>(options: JobOptions<Input, DB, Config>) =>
      options as unknown as Job<DB, Config> & JobRef<Input>,
  };
}

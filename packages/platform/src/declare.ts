import type { EventContract, Refusal, RequestContract } from '@arcadia/contracts';
import type { z } from 'zod';
import type {
  Answer,
  Answered,
  CommandAsked,
  Consumer,
  ConsumerOptions,
  Job,
  JobOptions,
  JobRef,
  ReadAsked,
  ServiceContext,
  ServiceDefinition,
  StreamedAnswer,
  UnmanagedAsked,
} from './definition.ts';

/** A handler that names neither its tables nor its config is taken by any service; `forService` binds both at once. */
// oxlint-disable-next-line typescript/no-explicit-any -- the loose end of the inference, see above
type Loose = any;

export function defineService<DB, Config>(definition: ServiceDefinition<DB, Config>): ServiceDefinition<DB, Config> {
  return definition;
}

/** What a service hears: one durable consumer, one transaction per batch. */
export function consumer<Contract extends EventContract, DB = Loose, Config = Loose>(
  options: ConsumerOptions<Contract, DB, Config>,
): Consumer<DB, Config> {
  const streams = new Set(options.hears.map((contract) => contract.stream));
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
  handle: (asked: ReadAsked<Contract>, ctx: ServiceContext<DB, Config>) => Answered<Contract>,
): Answer<DB, Config>;
export function answer<Contract extends RequestContract, DB = Loose, Config = Loose>(
  contract: Contract,
  handle: (asked: CommandAsked<Contract, DB>, ctx: ServiceContext<DB, Config>) => Answered<Contract>,
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
  handle: (asked: UnmanagedAsked<Contract>, ctx: ServiceContext<DB, Config>) => Answered<Contract>,
): Answer<DB, Config> {
  return { contract, kind: 'unmanaged', handle };
}

/** A request whose answer is a file: `head` goes first, then the chunks as the asker takes them. */
export function answerStream<Contract extends RequestContract, DB = Loose, Config = Loose>(
  contract: Contract,
  handle: (asked: ReadAsked<Contract>, ctx: ServiceContext<DB, Config>) => Promise<StreamedAnswer | Refusal>,
): Answer<DB, Config> {
  return { contract, kind: 'stream', handle };
}

/** Work done once per (name, key, cause) over all replicas. */
export function job<Input extends z.ZodType, DB = Loose, Config = Loose>(
  options: JobOptions<Input, DB, Config>,
): Job<DB, Config> & JobRef<Input> {
  return options as unknown as Job<DB, Config> & JobRef<Input>;
}

/** The same four makers with the service's tables and config bound, so that every handler's `tx` and `ctx` are typed. */
export function forService<DB, Config>() {
  return {
    defineService: (definition: ServiceDefinition<DB, Config>) => defineService(definition),
    consumer: <Contract extends EventContract>(options: ConsumerOptions<Contract, DB, Config>) => consumer(options),
    answerRead: <Contract extends RequestContract>(
      contract: Contract & { effect: 'read' },
      handle: (asked: ReadAsked<Contract>, ctx: ServiceContext<DB, Config>) => Answered<Contract>,
    ): Answer<DB, Config> => answer<Contract, DB, Config>(contract, handle),
    answerCommand: <Contract extends RequestContract>(
      contract: Contract & { effect: 'command' },
      handle: (asked: CommandAsked<Contract, DB>, ctx: ServiceContext<DB, Config>) => Answered<Contract>,
    ): Answer<DB, Config> => ({ contract, kind: 'command', handle }),
    job: <Input extends z.ZodType>(options: JobOptions<Input, DB, Config>) => job(options),
  };
}

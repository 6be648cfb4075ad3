import type { z } from 'zod';
import type { Role } from './actor.ts';
import { eventId } from './ids.ts';
import { type EventStreamName, type ServiceName, streamOwners } from './services.ts';

/** What one kind of message is: its data, where it goes, and what makes two of them the same. */
export type EventContract<Type extends string = string, Schema extends z.ZodType = z.ZodType> = {
  readonly type: Type;
  /** Counts up when old readers would misread; additions that they can ignore do not count. A newer one is parked. */
  readonly version: number;
  readonly stream: EventStreamName;
  readonly owner: ServiceName;
  readonly summary: string;
  readonly data: Schema;
  readonly subject: (data: z.output<Schema>) => string;
  /** Identity within the type, revision included: the event's id is derived from it. */
  readonly key: (data: z.output<Schema>) => string;
  /** The array that may be divided among several messages when the whole is above 512 KB. */
  readonly parts: string | null;
};

export type EventData<Contract extends EventContract> = z.output<Contract['data']>;

export const defineEvent = <Type extends string, Schema extends z.ZodType>(
  contract: Omit<EventContract<Type, Schema>, 'owner' | 'parts'> & { parts?: string },
): EventContract<Type, Schema> => ({
  ...contract,
  owner: streamOwners[contract.stream],
  parts: contract.parts ?? null,
});

/** The id of the event that this data makes under a contract. */
export const eventIdOf = <Contract extends EventContract>(contract: Contract, data: EventData<Contract>): string =>
  eventId(contract.type, contract.key(data));

/** The subject that catches every message of a contract. */
export const subjectFilter = (contract: EventContract): string => `${contract.type}.>`;

/** The business says no: a value, never an exception. It becomes a 4xx whose `type` is this word. */
export type Refusal<Reason extends string = string> = {
  readonly refused: Reason;
  /** For the person who asked: what was attempted and what to do. */
  readonly detail: string;
  readonly [extra: string]: unknown;
};

export const refuse = <Reason extends string>(
  reason: Reason,
  detail: string,
  extra: Record<string, unknown> = {},
): Refusal<Reason> => ({
  ...extra,
  refused: reason,
  detail,
});

/** The refusals among what a value may be: those that its type names, or any when its type says nothing. */
export type RefusalIn<Value> = unknown extends Value ? Value & Refusal : Extract<Value, Refusal>;

/** True for a refusal; narrows to the refusals that the value's type names. */
export const isRefusal = <Value>(answer: Value): answer is RefusalIn<Value> =>
  typeof answer === 'object' && answer !== null && 'refused' in answer && typeof answer.refused === 'string';

/** A read may be repeated; a command takes effect once per idempotency key. */
export type RequestEffect = 'read' | 'command';

/** One question or command that a service answers. */
export type RequestContract<
  Input extends z.ZodType = z.ZodType,
  Output extends z.ZodType = z.ZodType,
  Reason extends string = string,
  Effect extends RequestEffect = RequestEffect,
> = {
  /** `noun.verb`, unique across services. */
  readonly name: string;
  readonly service: ServiceName;
  readonly summary: string;
  readonly effect: Effect;
  /** Who may ask at all; what they see is scoped by the service. */
  readonly roles: readonly Role[];
  readonly input: Input;
  readonly output: Output;
  readonly refusals: readonly Reason[];
};

export const defineRequest = <
  Input extends z.ZodType,
  Output extends z.ZodType,
  const Reason extends string,
  const Effect extends RequestEffect,
>(
  contract: RequestContract<Input, Output, Reason, Effect>,
): RequestContract<Input, Output, Reason, Effect> => contract;

export type RequestInput<Contract extends RequestContract> = z.output<Contract['input']>;
export type RequestOutput<Contract extends RequestContract> = z.output<Contract['output']>;
export type RequestRefusal<Contract extends RequestContract> = Refusal<Contract['refusals'][number]>;

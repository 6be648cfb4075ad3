import type { z } from 'zod';
import type { Role } from './actor.ts';
import { entityTag } from './json.ts';
import { type EventStreamName, type ServiceName, streamOwners } from './services.ts';

/** The contract of an event: its data, its stream and subject, and the key that makes two messages the same event. */
export type EventContract<Type extends string = string, Schema extends z.ZodType = z.ZodType> = {
  readonly type: Type;
  /** Counted up when older consumers would misread the data; additions that they can ignore do not count. A consumer parks a newer version. */
  readonly version: number;
  readonly stream: EventStreamName;
  readonly owner: ServiceName;
  readonly summary: string;
  readonly data: Schema;
  readonly subject: (data: z.output<Schema>) => string;
  /** Identity within the type, revision included: the event's id is derived from it. */
  readonly key: (data: z.output<Schema>) => string;
  /** The arrays that may be divided among several messages when the whole is above 512 KB; none: the event is never that large. */
  readonly parts: readonly DivisibleArray[];
};

/** An array of an event that grows with a customer and is therefore divided among messages, at its items. */
export type DivisibleArray = {
  readonly array: string;
  /** Set where an item grows too: the field that identifies it among the items, and its own arrays at whose items it is divided. */
  readonly item?: { readonly key: string; readonly arrays: readonly string[] };
};

/** The data of an event of a contract. */
export type EventData<Contract extends EventContract> = z.output<Contract['data']>;

/** Defines an event. Its owner is the service of its stream. */
export const defineEvent = <Type extends string, Schema extends z.ZodType>(
  contract: Omit<EventContract<Type, Schema>, 'owner' | 'parts'> & { parts?: readonly DivisibleArray[] },
): EventContract<Type, Schema> => ({
  ...contract,
  owner: streamOwners[contract.stream],
  parts: contract.parts ?? [],
});

/** The subject filter that matches every message of a contract. */
export const subjectFilter = (contract: EventContract): string => `${contract.type}.>`;

/** A request refused by a business rule: a value, never an exception. The gateway turns it into a 4xx whose `type` is this word. */
export type Refusal<Reason extends string = string> = {
  readonly refused: Reason;
  /** For the caller: the attempt and the way to mend it. */
  readonly detail: string;
  readonly [extra: string]: unknown;
};

/** Makes a refusal: its word, one sentence for the caller, and further fields for the problem document. */
export const refuse = <Reason extends string>(
  reason: Reason,
  detail: string,
  extra: Record<string, unknown> = {},
): Refusal<Reason> => ({
  ...extra,
  refused: reason,
  detail,
});

/** The refusals in the type of a value: those that the type names, or any refusal for `unknown`. */
export type RefusalIn<Value> = unknown extends Value ? Value & Refusal : Extract<Value, Refusal>;

/** True for a refusal; narrows to the refusals that the value's type names. */
export const isRefusal = <Value>(answer: Value): answer is RefusalIn<Value> =>
  typeof answer === 'object' && answer !== null && 'refused' in answer && typeof answer.refused === 'string';

/** A read may be repeated; a command takes effect once per idempotency key. */
export type RequestEffect = 'read' | 'command';

/** The contract of a request, a read or a command, that a service answers. */
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
  /** Roles that may send it; the service restricts the rows to those of the caller. */
  readonly roles: readonly Role[];
  readonly input: Input;
  readonly output: Output;
  readonly refusals: readonly Reason[];
  /** Fields of the output that are answered once and kept nowhere: a repetition with the same idempotency key gets null for them. */
  readonly secrets?: readonly string[];
  /** True for a read of what people edit: its answers have an entity tag. */
  readonly isVersioned?: boolean;
  /** Fields of a versioned answer that change by themselves, such as the time of the last sync: its entity tag leaves them out. */
  readonly unversioned?: readonly string[];
  /** Set for a command that changes something people edit: the read that shows it. */
  readonly edits?: Edited;
};

/**
 * What a command edits. Its sender may name the version that it saw (the entity tag of the read's answer, in `If-Match`); the command
 * is refused as `precondition-failed` when the read would now answer otherwise.
 */
export type Edited = {
  /** A versioned read of the same service. */
  readonly read: RequestContract;
  /** The fields of the command's input that are the read's input. */
  readonly by: readonly string[];
};

/** The entity tag of an answer to a versioned read. */
export const versionOf = ({ unversioned = [] }: RequestContract, answer: unknown): string => {
  if (unversioned.length === 0) return entityTag(answer);
  const fields = Object.entries(answer as object);
  return entityTag(Object.fromEntries(fields.filter(([name]) => !unversioned.includes(name))));
};

/** Declares what a command edits: the read that shows it, and the fields by which both name it. */
export const edited = <Read extends RequestContract>(
  read: Read & { effect: 'read' },
  by: readonly (keyof RequestInput<Read> & string)[],
): Edited => {
  if (read.isVersioned !== true) throw new TypeError(`${read.name} is edited, so it must be versioned`);
  return { read, by };
};

/** Defines a request that a service answers. */
export const defineRequest = <
  Input extends z.ZodType,
  Output extends z.ZodType,
  const Reason extends string,
  const Effect extends RequestEffect,
>(
  contract: RequestContract<Input, Output, Reason, Effect>,
): RequestContract<Input, Output, Reason, Effect> => contract;

/** The input of a request after validation. */
export type RequestInput<Contract extends RequestContract> = z.output<Contract['input']>;
/** The output of a request. */
export type RequestOutput<Contract extends RequestContract> = z.output<Contract['output']>;
/** The refusals that a request names. */
export type RequestRefusal<Contract extends RequestContract> = Refusal<Contract['refusals'][number]>;

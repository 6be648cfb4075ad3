import { type Actor, isRefusal, type Refusal, type RequestContract, versionOf } from '@arcadia/contracts';
import { sql, type Transaction } from 'kysely';
import type { Answer } from '../kernel/definition.ts';
import type { Runtime } from '../runtime.ts';
import { validAnswer } from './answer-size.ts';
import { contextWithin } from './context-within.ts';
import { platformRefusal } from './request-wire.ts';

/** The parts of a command that its precondition needs. */
type Call = {
  contract: RequestContract;
  input: unknown;
  actor: Actor;
  readonly signal: AbortSignal;
  traceparent: string | null;
  ifMatch: string | null;
};

/**
 * Whether a command was decided on a version that is no longer the present one: the refusal, or null. Commands that edit the same thing
 * run one after the other from here on, so of two that saw the same version only one takes effect.
 */
export async function staleness<DB, Config>(
  runtime: Runtime<DB, Config>,
  trx: Transaction<DB>,
  call: Call,
): Promise<Refusal | null> {
  const { edits } = call.contract;
  if (edits === undefined) return null;
  const input = inputOf(edits.by, call.input);
  const thing = `edits:${edits.read.name}:${JSON.stringify(input)}`;
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${thing}, 0))`.execute(trx);
  if (call.ifMatch === null) return null;
  return refuseOther(call.ifMatch, await presentTag(runtime, trx, { read: edits.read, input, call }));
}

/**
 * The refusal of a command whose `If-Match` does not name the present version of what it edits; null if it does, or has none.
 * @param shown what the read in `edits` answers to its sender in the transaction of the command; null for what does not exist
 * @returns the refusal in a type that every handler may return, because no contract names the refusals of the platform
 */
export const refuseStale = (
  { edits }: RequestContract,
  ifMatch: string | null,
  shown: object | null,
): Refusal<never> | null => {
  if (edits === undefined || ifMatch === null) return null;
  const present = shown === null ? null : versionOf(edits.read, validAnswer(edits.read, shown));
  return refuseOther(ifMatch, present) as Refusal<never> | null;
};

const refuseOther = (ifMatch: string, present: string | null): Refusal | null => {
  if (present !== null && names(ifMatch, present)) return null;
  return platformRefusal(
    'precondition-failed',
    present === null
      ? 'It does not exist, or no longer; read the list again.'
      : 'It was changed since it was read. Read it again, decide whether the change is still wanted, and send the new ETag as If-Match.',
    { etag: present },
  );
};

const inputOf = (by: readonly string[], given: unknown): Record<string, unknown> => {
  const fields = given as Record<string, unknown>;
  return Object.fromEntries(by.map((name) => [name, fields[name]]));
};

/** The entity tag of what the read answers to the caller within the transaction; null when it refuses. */
async function presentTag<DB, Config>(
  runtime: Runtime<DB, Config>,
  trx: Transaction<DB>,
  { read, input, call }: { read: RequestContract; input: unknown; call: Call },
): Promise<string | null> {
  const answer: Answer<DB, Config> | undefined = runtime.reads.get(read.name);
  if (answer === undefined)
    throw new Error(`${call.contract.name} edits what ${read.name} shows, which is not answered`);
  const ctx = contextWithin(runtime, trx);
  const { actor, signal, traceparent } = call;
  const shown = await answer.handle({ input: read.input.parse(input), actor, signal, traceparent }, ctx);
  return isRefusal(shown) ? null : versionOf(read, validAnswer(read, shown));
}

/** Whether the header `If-Match` names the tag. `*` names any version; a weak tag names none. */
const names = (header: string, tag: string): boolean =>
  header
    .split(',')
    .map((one) => one.trim())
    .some((one) => one === '*' || one === tag);

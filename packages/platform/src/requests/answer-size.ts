import type { Refusal, RequestContract } from '@arcadia/contracts';
import { faultsOf } from '../bus/message.ts';
import { maxReplyBytes, platformRefusal } from './request-wire.ts';

/**
 * An answer with only the fields that its contract names.
 * @throws when it breaks the contract
 */
export function validAnswer(contract: RequestContract, given: unknown): unknown {
  const output = contract.output.safeParse(given);
  if (!output.success) throw new Error(`the answer to ${contract.name} breaks its contract: ${faultsOf(output.error)}`);
  return output.data;
}

/** Whether an answer, as JSON, is larger than a message may be. */
export const isTooLarge = (payload: string): boolean =>
  payload.length > maxReplyBytes / 4 && Buffer.byteLength(payload) > maxReplyBytes;

/** The refusal of a request whose answer does not fit into a message. */
export const answerTooLarge = ({ name, effect }: RequestContract): Refusal =>
  platformRefusal(
    'answer-too-large',
    `the answer to ${name} is too large; ${effect === 'command' ? 'nothing was changed' : 'request fewer items at a time'}`,
  );

import { isRefusal, type RequestContract, type RequestOutput, type RequestRefusal } from '@arcadia/contracts';
import type { Msg } from '@nats-io/nats-core';
import { faultsOf } from '../bus/message.ts';
import { type Outcome, requestHeader } from './request-wire.ts';

const refusalWord = /^[a-z][a-z\d-]{1,63}$/;

/**
 * The answer or the refusal that a reply holds, with only the fields that the contract names.
 * @param expected how the service answers: at once, or with a file, of which the reply holds the description
 * @throws when the reply is neither: then something else than the service has answered, or the two are of different versions
 */
export function readReply<Contract extends RequestContract>(
  contract: Contract,
  reply: Pick<Msg, 'headers' | 'json'>,
  expected: Exclude<Outcome, 'refusal'>,
): RequestOutput<Contract> | RequestRefusal<Contract> {
  const outcome = reply.headers?.get(requestHeader.outcome) ?? '';
  const body = jsonOf(contract, reply);
  if (outcome === 'refusal') {
    // A service of a newer version may refuse with a word that this one does not know; the form is the same.
    if (isRefusal(body) && refusalWord.test(body.refused) && typeof body.detail === 'string')
      return body as RequestRefusal<Contract>;
    throw brokenContract(contract, 'its refusal has no word or no detail');
  }
  if (outcome !== expected) throw brokenContract(contract, `its outcome is "${outcome}", expected "${expected}"`);
  const output = contract.output.safeParse(body);
  if (!output.success) throw brokenContract(contract, faultsOf(output.error));
  return (expected === 'stream' ? body : output.data) as RequestOutput<Contract>;
}

function jsonOf(contract: RequestContract, reply: Pick<Msg, 'json'>): unknown {
  try {
    return reply.json();
  } catch (cause) {
    throw brokenContract(contract, 'it is not JSON', { cause });
  }
}

const brokenContract = ({ name, service }: RequestContract, fault: string, options?: ErrorOptions): Error =>
  new Error(`the reply of ${service} to ${name} breaks its contract: ${fault}`, options);

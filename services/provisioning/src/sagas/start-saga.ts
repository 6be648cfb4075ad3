import { isRefusal, type provisioning } from '@arcadia/contracts';
import type { CommandRequest, ContractReply } from '@arcadia/platform';
import type { CommandContext } from '../context.ts';
import type { Tables } from '../store/schema.ts';
import { beginSaga } from './begin-saga.ts';
import { sagaSummary } from './saga-views.ts';

/** Starts a saga that a person requests. */
export async function startSaga(
  { input, actor, tx }: CommandRequest<typeof provisioning.startSaga, Tables>,
  { clock }: CommandContext,
): ContractReply<typeof provisioning.startSaga> {
  const { kind, inputs } = input;
  const begin = { sagaId: crypto.randomUUID(), kind, inputs, startedBy: actor.subject, now: clock.now() };
  const saga = await beginSaga(tx, begin);
  return isRefusal(saga) ? saga : sagaSummary(saga, []);
}

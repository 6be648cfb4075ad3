import type { provisioning } from '@arcadia/contracts';
import type { ContractReply, ReadRequest } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { isFinished } from '../domain/sagas/saga.ts';
import { summaryOfLeftBehind } from '../left-behind/list-left-behind.ts';
import { orphansOf } from '../store/orphans/orphans.ts';
import { attemptsOf } from '../store/sagas/saga-ledger.ts';
import { findSaga, stepRowsOf } from '../store/sagas/sagas.ts';
import { stepsOf } from './registry.ts';
import { noSuchSaga, sagaView } from './saga-views.ts';

/** Gets a saga with its ledger: every step and every attempt. */
export async function getSaga(
  { input }: ReadRequest<typeof provisioning.getSaga>,
  ctx: Context,
): ContractReply<typeof provisioning.getSaga> {
  const saga = await findSaga(ctx.db, input.saga_id);
  if (saga === null) return noSuchSaga();
  const [rows, attempts, orphans] = [
    await stepRowsOf(ctx.db, saga.saga_id),
    await attemptsOf(ctx.db, saga.saga_id),
    await orphansOf(ctx.db, saga.saga_id),
  ];
  const isOver = saga.kind === 'offboard' && isFinished(saga.status);
  const leftBehind = isOver && saga.deployment_id !== null ? await summaryOfLeftBehind(ctx, saga.deployment_id) : null;
  return sagaView(saga, { rows, attempts, orphans, leftBehind, steps: stepsOf(saga.kind, saga.inputs) });
}

import { isRefusal, provisioning, type RequestRefusal, refuse } from '@arcadia/contracts';
import type { CommandRequest, ContractReply } from '@arcadia/platform';
import { z } from 'zod';
import type { CommandContext, Tx } from '../context.ts';
import { afterRetry, directionOf } from '../domain/sagas/saga.ts';
import { reopenSaga } from '../store/sagas/saga-retry.ts';
import { lockSaga, type SagaRow, sagaWorkingOn, stateOf, stepRowsOf } from '../store/sagas/sagas.ts';
import type { Tables } from '../store/schema.ts';
import { withDroplets } from './actions/deployment-droplets.ts';
import { withoutProgress } from './actions/droplet-command.ts';
import { publishSaga } from './publish-saga.ts';
import { sagas } from './registry.ts';
import { causeOf, sagaStepJob } from './saga-step-job.ts';
import { noSuchSaga, sagaSummary } from './saga-views.ts';

type Contract = typeof provisioning.retrySaga;
type RetryRefusal = RequestRefusal<Contract>;

/** Retries a failed saga from its failed step: the step itself, or the compensation that failed. */
export async function retrySaga(
  { input, tx }: CommandRequest<Contract, Tables>,
  { clock }: CommandContext,
): ContractReply<Contract> {
  const saga = await lockSaga(tx.sql, input.saga_id);
  if (saga === null) return noSuchSaga();
  const state = stateOf(saga, await stepRowsOf(tx.sql, saga.saga_id));
  const next = afterRetry(state);
  const refusal =
    statusRefusal(saga) ??
    (directionOf(next.status) === 'forward' ? await presentRefusal(tx, saga, clock.now()) : null);
  if (refusal !== null) return refusal;
  const other = saga.works_on === null ? null : await sagaWorkingOn(tx.sql, saga.works_on);
  if (other !== null) {
    return refuse('conflict', `Saga ${other} works on the same thing; wait until it ends, or cancel it.`, {
      saga_id: other,
    });
  }
  const after = await reopenSaga(tx.sql, saga, {
    state: next,
    context: withoutProgress(saga.context),
    now: clock.now(),
  });
  await publishSaga(tx, after, next.steps);
  await tx.enqueue(sagaStepJob, { saga_id: saga.saga_id }, { cause: causeOf(after) });
  return sagaSummary(after, await stepRowsOf(tx.sql, saga.saga_id));
}

function statusRefusal(saga: SagaRow): RetryRefusal | null {
  const { status } = saga;
  if (status !== 'failed') {
    return refuse('not-retryable', `Only a failed saga can be retried; the status of this one is ${status}.`, {
      status,
    });
  }
  if (saga.drift_id !== null) {
    const detail =
      'The saga reverts a drift, which was open again when the saga failed. Revert the drift again instead.';
    return refuse('not-retryable', detail, { status });
  }
  return null;
}

/** The reason that the saga could not be started now, as its inputs and the present state of its deployment give it. */
async function presentRefusal(tx: Tx, saga: SagaRow, now: Temporal.Instant): Promise<RetryRefusal | null> {
  const known = provisioning.sagaKind.safeParse(saga.kind);
  if (!known.success) return refuse('not-retryable', `This version has no sagas of the kind ${saga.kind}.`);
  const { shape } = provisioning.sagaInputs[known.data];
  const given = Object.fromEntries(Object.entries(saga.inputs).filter(([name]) => name in shape));
  const prepared = await sagas[known.data].prepare(tx.sql, given, now);
  if (isRefusal(prepared)) return prepared;
  const stored = new Set(dropletsOf(saga.inputs).map(({ provider_id }) => provider_id));
  const added = dropletsOf(prepared.inputs).filter(({ provider_id }) => !stored.has(provider_id));
  if (added.length === 0) return null;
  const names = added.map(({ name }) => name).join(', ');
  return refuse(
    'not-retryable',
    `The deployment has got new droplets (${names}), so the saga's steps no longer fit. Start a new saga.`,
  );
}

const dropletsOf = (inputs: object) => z.object(withDroplets).partial().parse(inputs).droplets ?? [];

import type { Tx } from '@arcadia/platform';
import { answerDriftOf } from './answer-drift.ts';
import {
  afterCancel,
  afterCompensation,
  afterStepDone,
  afterStepFailed,
  directionOf,
  isFinished,
  retryDelayMs,
  type SagaState,
} from './domain/saga.ts';
import { followStandingAfter } from './follow-standing.ts';
import { publishSaga } from './publish-saga.ts';
import { causeOf, sagaStep } from './saga-step-job.ts';
import { traitsOf } from './sagas/kinds.ts';
import { isWaiting, type Step, type StepOutcome } from './sagas/step.ts';
import { isPastDeadline } from './store/saga-lease.ts';
import { closeAttempt, writeStepResult, writeTurn } from './store/saga-ledger.ts';
import { lockSaga, type SagaRow, stateOf, stepRowsOf } from './store/sagas.ts';
import type { Schema } from './store/schema.ts';

export type Failure = { failed: string; isPermanent: boolean };
export type Result = StepOutcome | Failure;

type Settled = {
  saga: SagaRow;
  token: string;
  steps: readonly Step<never>[];
  step: Step<never>;
  now: Temporal.Instant;
};

/**
 * What a turn came to, in one transaction: the ledger, the saga, what it says, and the message for the next turn. Nothing
 * happens when the lease has gone to somebody else.
 */
export async function settleTurn(tx: Tx<Schema>, turn: Settled, result: Result): Promise<void> {
  const saga = await lockSaga(tx.sql, turn.saga.saga_id);
  if (saga === null || saga.lease_token !== turn.token) return;
  const isLate = await isPastDeadline(tx.sql, saga.saga_id);
  const settled = isLate && !('done' in result) ? tooLate(turn.step, result) : result;
  if ('failed' in settled) return settleFailure(tx, turn, saga, settled);
  if (isWaiting(settled)) return keepWaiting(tx, turn, saga, settled);
  const state = stateOf(saga, await stepRowsOf(tx.sql, saga.saga_id));
  const isBackward = directionOf(saga.status) === 'backward';
  await settled.record?.(tx);
  await closeStep(tx, turn, saga, {
    outcome: 'completed',
    status: isBackward ? 'compensated' : 'completed',
    output: isBackward ? null : settled.done,
    error: null,
    compensationError: null,
  });
  const next = isBackward ? afterCompensation(state, true, traitsOf(turn.steps)) : afterStepDone(state);
  await goOn(tx, { saga, next, context: { ...saga.context, ...settled.done }, now: turn.now });
}

async function settleFailure(tx: Tx<Schema>, turn: Settled, saga: SagaRow, failure: Failure): Promise<void> {
  const isBackward = directionOf(saga.status) === 'backward';
  if (!failure.isPermanent && saga.attempt < (turn.step.attempts ?? 5)) {
    const { attempt } = saga;
    await closeAttempt(tx.sql, stepKey(saga), { attempt, outcome: 'failed', error: failure.failed, now: turn.now });
    return again(tx, turn, saga, { attempt: attempt + 1, context: saga.context, delayMs: retryDelayMs(attempt) });
  }
  const state = stateOf(saga, await stepRowsOf(tx.sql, saga.saga_id));
  await closeStep(tx, turn, saga, {
    outcome: 'failed',
    status: isBackward ? 'completed' : 'failed',
    output: null,
    error: isBackward ? null : failure.failed,
    compensationError: isBackward ? failure.failed : null,
  });
  const traits = traitsOf(turn.steps);
  const next = isBackward ? afterCompensation(state, false, traits) : afterStepFailed(state, traits);
  await goOn(tx, { saga, next, context: saga.context, now: turn.now });
}

function tooLate(step: Step<never>, result: Exclude<Result, { done: unknown }>): Failure {
  const why = 'failed' in result ? `: ${result.failed}` : ': the provider is still at it';
  return { failed: `${step.name} was not done within its time${why}`, isPermanent: true };
}

function keepWaiting(
  tx: Tx<Schema>,
  turn: Settled,
  saga: SagaRow,
  outcome: Extract<StepOutcome, { wait: unknown }>,
): Promise<void> {
  const context = { ...saga.context, ...outcome.wait };
  return again(tx, turn, saga, { attempt: saga.attempt, context, delayMs: outcome.afterMs ?? 1_000 });
}

/** Another turn of the same step. */
async function again(
  tx: Tx<Schema>,
  turn: Settled,
  saga: SagaRow,
  next: { attempt: number; context: Record<string, unknown>; delayMs: number },
): Promise<void> {
  const state = stateOf(saga, []);
  const isBegun = saga.status === 'pending';
  const after = await writeTurn(tx.sql, saga, {
    ...next,
    state: isBegun ? { ...state, status: 'running' } : state,
    isNewStep: false,
    isFinished: false,
    now: turn.now,
    isPublished: isBegun,
  });
  if (isBegun) await publishSaga(tx, after, stateOf(after, await stepRowsOf(tx.sql, saga.saga_id)).steps);
  await tx.enqueue(sagaStep, { saga_id: saga.saga_id }, { cause: causeOf(after), delayMs: next.delayMs });
}

/** The saga moves to another step, or ends. */
async function goOn(
  tx: Tx<Schema>,
  given: { saga: SagaRow; next: SagaState; context: Record<string, unknown>; now: Temporal.Instant },
): Promise<void> {
  const { saga, next, context, now } = given;
  const isOver = isFinished(next.status);
  const after = await writeTurn(tx.sql, saga, {
    state: next,
    context,
    attempt: 1,
    isNewStep: true,
    isFinished: isOver,
    delayMs: 0,
    now,
    isPublished: true,
  });
  await publishSaga(tx, after, next.steps);
  if (isOver) {
    await answerDriftOf(tx, after, next.steps, now);
    await followStandingAfter(tx, after);
  } else await tx.enqueue(sagaStep, { saga_id: saga.saga_id }, { cause: causeOf(after) });
}

/** A cancellation found between two steps. */
export async function settleCancel(
  tx: Tx<Schema>,
  given: { saga: SagaRow; state: SagaState; steps: readonly Step<never>[]; now: Temporal.Instant },
): Promise<void> {
  const next = afterCancel(given.state, traitsOf(given.steps));
  await goOn(tx, { saga: given.saga, next, context: given.saga.context, now: given.now });
}

const stepKey = (saga: SagaRow) => ({
  sagaId: saga.saga_id,
  index: saga.current_index,
  direction: directionOf(saga.status),
});

async function closeStep(
  tx: Tx<Schema>,
  turn: Settled,
  saga: SagaRow,
  result: {
    outcome: 'completed' | 'failed';
    status: 'completed' | 'failed' | 'compensated';
    output: unknown;
    error: string | null;
    compensationError: string | null;
  },
): Promise<void> {
  const { now } = turn;
  const error = result.error ?? result.compensationError;
  await closeAttempt(tx.sql, stepKey(saga), { attempt: saga.attempt, outcome: result.outcome, error, now });
  await writeStepResult(tx.sql, stepKey(saga), { ...result, now });
}

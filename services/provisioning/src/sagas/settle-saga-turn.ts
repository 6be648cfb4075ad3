import { followStandingAfter } from '../billing-standing/follow-standing-job.ts';
import type { Tx } from '../context.ts';
import { firstSearchAt, mayLeaveOrphans } from '../domain/orphans/orphans.ts';
import {
  afterCancel,
  afterCompensation,
  afterStepDone,
  afterStepFailed,
  directionOf,
  isFinished,
  retryDelayMs,
  type SagaState,
} from '../domain/sagas/saga.ts';
import { replyAfterSaga } from '../drift-requests/reply-to-drift.ts';
import { deadlineLeftMs } from '../store/sagas/saga-lease.ts';
import { closeAttempt, writeStepResult, writeTurn } from '../store/sagas/saga-ledger.ts';
import { lockSaga, type SagaRow, stateOf, stepRowsOf } from '../store/sagas/sagas.ts';
import { publishSaga } from './publish-saga.ts';
import { causeOf, sagaStepJob } from './saga-step-job.ts';
import { type BoundStep, destroyedIn, type SagaContext, type StepOutcome, traitsOf } from './step.ts';

export type Failure = {
  failed: string;
  isPermanent: boolean;
  /** The provider or the network failed: the step is tried until its deadline, however often. */
  isOfProvider: boolean;
};
export type Result = StepOutcome | Failure;

/** A claimed turn of a saga: no other worker acts on the saga while the lease with this token lasts. */
export type Turn = {
  saga: SagaRow;
  token: string;
  steps: readonly BoundStep[];
  step: BoundStep;
  now: Temporal.Instant;
};

/**
 * Records the result of a turn in one transaction: the ledger, the saga, its event, and the message for the next turn. Does
 * nothing when another worker has taken the lease.
 * @returns the saga when its step runs again later, otherwise null
 */
export async function settleTurn(tx: Tx, turn: Turn, result: Result): Promise<SagaRow | null> {
  const saga = await lockSaga(tx.sql, turn.saga.saga_id);
  if (saga === null || saga.lease_token !== turn.token) return null;
  const leftMs = await deadlineLeftMs(tx.sql, saga.saga_id);
  const settled = leftMs <= 0 && !('done' in result) ? tooLate(turn.step, result) : result;
  if ('failed' in settled) return settleFailure(tx, turn, saga, { ...settled, leftMs });
  if ('wait' in settled) return settleWait(tx, turn, saga, { ...settled, leftMs });
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
  await advance(tx, { saga, next, context: { ...saga.context, ...settled.done }, now: turn.now });
  return null;
}

/** The last wait ends with the deadline, so that the step is tried once more then. */
const withinDeadline = (delayMs: number, leftMs: number): number => Math.min(delayMs, Math.max(leftMs, 0) + 50);

async function settleWait(
  tx: Tx,
  turn: Turn,
  saga: SagaRow,
  outcome: Extract<StepOutcome, { wait: unknown }> & { leftMs: number },
): Promise<SagaRow> {
  const { refused, because, pauseMs = 0, leftMs } = outcome;
  const waits = refused === undefined ? saga.waits : saga.waits + 1;
  const delayMs = refused === undefined ? (outcome.afterMs ?? 1_000) : Math.max(retryDelayMs(waits), pauseMs);
  return repeatStep(tx, turn, saga, {
    attempt: saga.attempt,
    context: { ...saga.context, ...outcome.wait },
    delayMs: withinDeadline(delayMs, leftMs + pauseMs),
    waitingFor: refused ?? because ?? 'The provider has not finished.',
    waits,
    pauseMs,
  });
}

async function settleFailure(
  tx: Tx,
  turn: Turn,
  saga: SagaRow,
  failure: Failure & { leftMs: number },
): Promise<SagaRow | null> {
  const isBackward = directionOf(saga.status) === 'backward';
  const triesLeft = saga.attempts_before + (turn.step.attempts ?? 5) - saga.attempt;
  if (!failure.isPermanent && (failure.isOfProvider || triesLeft > 0)) {
    const { attempt } = saga;
    await closeAttempt(tx.sql, stepKey(saga), { attempt, outcome: 'failed', error: failure.failed, now: turn.now });
    return repeatStep(tx, turn, saga, {
      attempt: attempt + 1,
      context: saga.context,
      delayMs: withinDeadline(retryDelayMs(attempt - saga.attempts_before), failure.leftMs),
      waitingFor: failure.failed,
      waits: saga.waits,
      pauseMs: 0,
    });
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
  const next = isBackward
    ? afterCompensation(state, false, traits)
    : afterStepFailed(state, traits, destroyedIn(saga.context));
  await advance(tx, { saga, next, context: saga.context, now: turn.now });
  return null;
}

function tooLate(step: BoundStep, result: Exclude<Result, { done: unknown }>): Failure {
  const why =
    'failed' in result ? result.failed : (result.refused ?? result.because ?? 'the provider has not finished');
  return { failed: `${step.name} was not done before its deadline: ${why}`, isPermanent: true, isOfProvider: false };
}

/** Enqueues another turn of the same step. */
async function repeatStep(
  tx: Tx,
  turn: Turn,
  saga: SagaRow,
  next: {
    attempt: number;
    context: SagaContext;
    delayMs: number;
    waitingFor: string;
    waits: number;
    pauseMs: number;
  },
): Promise<SagaRow> {
  const state = stateOf(saga, []);
  const isBegun = saga.status === 'pending';
  const after = await writeTurn(tx.sql, saga, {
    ...next,
    state: isBegun ? { ...state, status: 'running' } : state,
    isNewStep: false,
    isFinished: false,
    now: turn.now,
    isPublished: isBegun,
    orphanSearchAt: null,
  });
  if (isBegun) await publishSaga(tx, after, stateOf(after, await stepRowsOf(tx.sql, saga.saga_id)).steps);
  await tx.enqueue(sagaStepJob, { saga_id: saga.saga_id }, { cause: causeOf(after), delayMs: next.delayMs });
  return after;
}

/** Moves the saga to another step, or ends it. */
async function advance(
  tx: Tx,
  given: { saga: SagaRow; next: SagaState; context: SagaContext; now: Temporal.Instant },
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
    waitingFor: null,
    waits: 0,
    pauseMs: 0,
    now,
    isPublished: true,
    orphanSearchAt: isOver && mayLeaveOrphans({ ...saga, status: next.status, context }) ? firstSearchAt(now) : null,
  });
  await publishSaga(tx, after, next.steps);
  if (isOver) {
    await replyAfterSaga(tx, after, next.steps, now);
    await followStandingAfter(tx, after);
  } else await tx.enqueue(sagaStepJob, { saga_id: saga.saga_id }, { cause: causeOf(after) });
}

/** Carries out a cancellation between two steps. */
export async function settleCancel(
  tx: Tx,
  given: { saga: SagaRow; state: SagaState; steps: readonly BoundStep[]; now: Temporal.Instant },
): Promise<void> {
  const next = afterCancel(given.state, traitsOf(given.steps));
  await advance(tx, { saga: given.saga, next, context: given.saga.context, now: given.now });
}

const stepKey = (saga: SagaRow) => ({
  sagaId: saga.saga_id,
  index: saga.current_index,
  direction: directionOf(saga.status),
});

async function closeStep(
  tx: Tx,
  turn: Turn,
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

import { randomUUID } from 'node:crypto';
import { ProviderError } from '@arcadia/digitalocean';
import { errorText, failpoint, type JobRun } from '@arcadia/platform';
import { providerOf } from '../clients/digitalocean.ts';
import type { Context, Tx } from '../context.ts';
import { directionOf, isCancelledHere, isFinished } from '../domain/sagas/saga.ts';
import { leaseLeftMs, renewLease, takeLease } from '../store/sagas/saga-lease.ts';
import { openAttempt } from '../store/sagas/saga-ledger.ts';
import { lockSaga, type SagaRow, stateOf, stepRowsOf } from '../store/sagas/sagas.ts';
import { isOwnInfrastructure, isPermanent, refusedForNow } from './failures.ts';
import { stepsOf } from './registry.ts';
import { causeOf, sagaStepJob, turnOf } from './saga-step-job.ts';
import { waitingOf } from './saga-views.ts';
import { type Result, settleCancel, settleTurn, type Turn } from './settle-saga-turn.ts';
import { LeaseLost, traitsOf } from './step.ts';

type Run = Pick<JobRun<{ saga_id: string }>, 'input' | 'cause' | 'signal'>;
type Hold = { signal: AbortSignal; guard: () => Promise<void> };

/**
 * Runs one turn of one step: claim it, act at the provider, record the result. After a crash before the claim, nothing has
 * happened; after a crash between claim and commit, the lease expires and the step finds the effect of its first run; after the last commit,
 * the next message is in the outbox already. The row of the saga decides what the turn does, never the message.
 */
export async function runSagaStep(run: Run, ctx: Context): Promise<void> {
  const turn = await ctx.transact((tx) => claimTurn(tx, run, ctx));
  if (turn === null) return;
  const { saga, step } = turn;
  const point = `saga.${saga.kind}.${saga.current_index}.${directionOf(saga.status)}`;
  await failpoint(`${point}.claimed`);
  const result = await withLease(turn, ctx, run.signal, (hold) => runStep(turn, ctx, hold));
  if (result === null) return;
  await failpoint(`${point}.acted`);
  try {
    const waiting = await ctx.transact((tx) => settleTurn(tx, turn, result));
    if (waiting !== null && 'refused' in result) logWait(waiting, step.name, ctx);
  } catch (error) {
    if (!('done' in result) || !isPermanent(error)) throw error;
    const reason = errorText(error);
    ctx.log.info({ saga: saga.saga_id, step: step.name, reason }, 'the result of a saga step could not be recorded');
    await ctx.transact((tx) => settleTurn(tx, turn, { failed: reason, isPermanent: true, isOfProvider: false }));
  }
  await failpoint(`${point}.settled`);
}

function logWait(saga: SagaRow, step: string, { log }: Context): void {
  const waiting = waitingOf(saga);
  log.info(
    { saga: saga.saga_id, kind: saga.kind, step, ...waiting },
    `a saga step was refused for the present; it is tried again at ${waiting?.next_attempt_at}, until ${waiting?.until}`,
  );
}

/** @returns null when the message has become void: the saga has ended, is past this turn, or is being worked on */
async function claimTurn(tx: Tx, run: Run, ctx: Context): Promise<Turn | null> {
  const saga = await lockSaga(tx.sql, run.input.saga_id);
  if (saga === null || isFinished(saga.status)) return null;
  const expected = turnOf(run.cause);
  if (expected !== null && expected !== saga.turn) return null;
  const leftMs = await leaseLeftMs(tx.sql, saga.saga_id);
  if (leftMs !== null) {
    // Another worker has the saga, or has just died: try again when its lease ends, each time with a message of its own.
    const cause = causeOf(saga, `after-${saga.lease_token}-${Date.now()}`);
    await tx.enqueue(sagaStepJob, { saga_id: saga.saga_id }, { cause, delayMs: leftMs + 50, onlyOnePending: true });
    return null;
  }
  const steps = stepsOf(saga.kind, saga.inputs);
  const step = steps?.[saga.current_index];
  if (!steps || !step) {
    throw new Error(`Saga ${saga.saga_id}: this version has no step ${saga.current_index} of the kind ${saga.kind}.`);
  }
  const state = stateOf(saga, await stepRowsOf(tx.sql, saga.saga_id));
  const now = ctx.clock.now();
  if (isCancelledHere(state, traitsOf(steps))) {
    await settleCancel(tx, { saga, state, steps, now });
    return null;
  }
  const token = randomUUID();
  const attempt = saga.lease_token === null ? saga.attempt : saga.attempt + 1;
  await takeLease(tx.sql, {
    sagaId: saga.saga_id,
    token,
    leaseMs: ctx.config.sagaLeaseMs,
    attempt,
    deadlineMs: step.deadlineMs ?? 10 * 60_000,
  });
  const key = { sagaId: saga.saga_id, index: saga.current_index, direction: directionOf(saga.status) };
  await openAttempt(tx.sql, key, { name: step.name, attempt, replica: ctx.instanceId, now });
  return { saga: { ...saga, attempt, lease_token: token }, token, steps, step, now };
}

/** @returns the outcome of the step, or why it failed; null when the lease was lost, so that nothing may be recorded */
async function runStep(turn: Turn, ctx: Context, hold: Hold): Promise<Result | null> {
  const { saga, step } = turn;
  const act = saga.status === 'compensating' ? step.compensate : step.execute;
  if (act === undefined) return { done: {} };
  try {
    return await act({
      saga: {
        id: saga.saga_id,
        kind: saga.kind,
        deploymentId: saga.deployment_id,
        tenantId: saga.tenant_id,
        startedBy: saga.started_by,
        driftId: saga.drift_id,
      },
      context: Object.freeze(structuredClone(saga.context)),
      stepName: step.name,
      attempt: saga.attempt,
      provider: providerOf(ctx, hold.signal),
      db: ctx.db,
      now: turn.now,
      ...hold,
    });
  } catch (error) {
    if (error instanceof LeaseLost || hold.signal.reason instanceof LeaseLost) return null;
    // Our own database failed, or the service stops: the step did not fail, and the message is delivered again.
    if (hold.signal.aborted || isOwnInfrastructure(error)) throw error;
    const refused = refusedForNow(error);
    if (refused !== null) return refused;
    const reason = errorText(error);
    ctx.log.info(
      { saga: saga.saga_id, kind: saga.kind, step: step.name, attempt: saga.attempt, reason },
      'a saga step failed',
    );
    return { failed: reason, isPermanent: isPermanent(error), isOfProvider: error instanceof ProviderError };
  }
}

/** Renews the lease while the step runs, and aborts the step when the lease is lost. */
async function withLease<T>(
  turn: Turn,
  ctx: Context,
  stopping: AbortSignal,
  work: (hold: Hold) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const lease = { sagaId: turn.saga.saga_id, token: turn.token, leaseMs: ctx.config.sagaLeaseMs };
  const renew = async () => {
    if (!(await renewLease(ctx.db, lease))) lost.abort(new LeaseLost());
  };
  const timer = setInterval(
    () =>
      renew().catch((error: unknown) =>
        ctx.log.warn({ err: error, saga: lease.sagaId }, 'a saga lease was not renewed'),
      ),
    lease.leaseMs / 3,
  );
  try {
    return await work({
      signal: AbortSignal.any([lost.signal, stopping]),
      async guard() {
        await renew();
        if (lost.signal.aborted) throw new LeaseLost();
      },
    });
  } finally {
    clearInterval(timer);
  }
}

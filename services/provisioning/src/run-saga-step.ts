import { randomUUID } from 'node:crypto';
import { ProviderError } from '@arcadia/digitalocean';
import { errorText, failpoint, isInfrastructureError, type ServiceContext, type Tx } from '@arcadia/platform';
import type { Provider } from './clients/provider.ts';
import type { Config } from './config.ts';
import { directionOf, isCancelledHere, isFinished } from './domain/saga.ts';
import { causeOf, sagaStep } from './saga-step-job.ts';
import { isPermanent } from './sagas/failures.ts';
import { stepsOf, traitsOf } from './sagas/kinds.ts';
import { LeaseLost, type Step } from './sagas/step.ts';
import { type Result, settleCancel, settleTurn } from './settle-saga-turn.ts';
import { leaseLeftMs, renewLease, takeLease } from './store/saga-lease.ts';
import { openAttempt } from './store/saga-ledger.ts';
import { lockSaga, type SagaRow, stateOf, stepRowsOf } from './store/sagas.ts';
import type { Schema } from './store/schema.ts';

type Ctx = ServiceContext<Schema, Config>;

/** One turn of one saga, claimed: nobody else works on it while the lease is kept. */
export type Turn = {
  saga: SagaRow;
  token: string;
  steps: readonly Step<never>[];
  step: Step<never>;
  now: Temporal.Instant;
};

/**
 * One message, one turn of one step: claim, act at the provider, write down. Killed before the claim nothing has happened;
 * killed after it, the lease runs out and the step finds again what it did; killed after the last commit, the next message
 * is already in the outbox. What kind of turn it is comes from the row, never from the message.
 */
export async function runSagaStep(
  job: { sagaId: string; turn: number | null; signal: AbortSignal },
  ctx: Ctx,
  provider: Provider,
): Promise<void> {
  const turn = await ctx.transact((tx) => claimTurn(tx, job, ctx));
  if (turn === null) return;
  const { saga, step } = turn;
  const point = `saga.${saga.kind}.${saga.current_index}.${directionOf(saga.status)}`;
  await failpoint(`${point}.claimed`);
  const result = await withLease(turn, ctx, job.signal, (signal, guard) =>
    runStep(turn, ctx, provider, { signal, guard }),
  );
  if (result === null) return;
  await failpoint(`${point}.acted`);
  try {
    await ctx.transact((tx) => settleTurn(tx, turn, result));
  } catch (error) {
    if (!('done' in result) || !isPermanent(error)) throw error;
    ctx.log.info(
      { saga: saga.saga_id, step: step.name, reason: errorText(error) },
      'a saga step could not be recorded',
    );
    await ctx.transact((tx) => settleTurn(tx, turn, { failed: errorText(error), isPermanent: true }));
  }
  await failpoint(`${point}.settled`);
}

/** Null: there is nothing to do for this message. */
async function claimTurn(tx: Tx<Schema>, job: { sagaId: string; turn: number | null }, ctx: Ctx): Promise<Turn | null> {
  const saga = await lockSaga(tx.sql, job.sagaId);
  if (saga === null || isFinished(saga.status)) return null;
  if (job.turn !== null && job.turn !== saga.turn) return null;
  const leftMs = await leaseLeftMs(tx.sql, saga.saga_id);
  if (leftMs !== null) {
    // Its worker lives, or has just died: look again when the lease is over, each time with a message of its own.
    const cause = causeOf(saga, `after-${saga.lease_token}-${Date.now()}`);
    await tx.enqueue(sagaStep, { saga_id: saga.saga_id }, { cause, delayMs: leftMs + 50 });
    return null;
  }
  const steps = stepsOf(saga.kind, saga.inputs);
  const step = steps?.[saga.current_index];
  if (!steps || !step)
    throw new Error(`saga ${saga.saga_id}: no step ${saga.current_index} of ${saga.kind} in this version`);
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
    deadlineMs: deadlineOf(step),
  });
  const key = { sagaId: saga.saga_id, index: saga.current_index, direction: directionOf(saga.status) };
  await openAttempt(tx.sql, key, { name: step.name, attempt, replica: ctx.instanceId, now });
  return { saga: { ...saga, attempt, lease_token: token }, token, steps, step, now };
}

/** What the step says, or why it could not. Null: the lease was lost, and with it the right to say anything. */
async function runStep(
  turn: Turn,
  ctx: Ctx,
  provider: Provider,
  held: { signal: AbortSignal; guard: () => Promise<void> },
): Promise<Result | null> {
  const { saga, step } = turn;
  const act = saga.status === 'compensating' ? step.compensate : step.execute;
  const run = {
    saga: {
      id: saga.saga_id,
      kind: saga.kind,
      deploymentId: saga.deployment_id,
      tenantId: saga.tenant_id,
      startedBy: saga.started_by,
      driftId: saga.drift_id,
    },
    inputs: Object.freeze(structuredClone(saga.inputs)) as never,
    context: Object.freeze(structuredClone(saga.context)),
    stepName: step.name,
    attempt: saga.attempt,
    provider,
    db: ctx.db,
    now: turn.now,
    ...held,
  };
  try {
    return act === undefined ? { done: {} } : await act.call(step, run);
  } catch (error) {
    if (error instanceof LeaseLost || held.signal.reason instanceof LeaseLost) return null;
    // Not the step's fault: our own database, or a stop in its midst. The message comes again.
    if (held.signal.aborted || isOurOwn(error)) throw error;
    const reason = errorText(error);
    ctx.log.info(
      { saga: saga.saga_id, kind: saga.kind, step: step.name, attempt: saga.attempt, reason },
      'a saga step failed',
    );
    return { failed: reason, isPermanent: isPermanent(error) };
  }
}

/** Keeps the lease while the step runs, and tells it when it is lost. */
async function withLease<T>(
  turn: Turn,
  ctx: Ctx,
  stopping: AbortSignal,
  work: (signal: AbortSignal, guard: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const lease = { sagaId: turn.saga.saga_id, token: turn.token, leaseMs: ctx.config.sagaLeaseMs };
  const renew = async () => {
    if (!(await renewLease(ctx.db, lease))) lost.abort(new LeaseLost());
  };
  const timer = setInterval(
    () => renew().catch((error: unknown) => ctx.log.warn({ err: error }, 'a saga lease was not renewed')),
    lease.leaseMs / 3,
  );
  try {
    return await work(AbortSignal.any([lost.signal, stopping]), async () => {
      await renew();
      if (lost.signal.aborted) throw new LeaseLost();
    });
  } finally {
    clearInterval(timer);
  }
}

const isOurOwn = (error: unknown): boolean => !(error instanceof ProviderError) && isInfrastructureError(error);

const deadlineOf = (step: Step<never>): number => step.deadlineMs ?? 10 * 60_000;

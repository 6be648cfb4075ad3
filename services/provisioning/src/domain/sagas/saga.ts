/** The course of a saga from step to step, as pure decisions; `run-saga-step.ts` runs the steps. */

export type SagaStatus = 'pending' | 'running' | 'completed' | 'failed' | 'compensating' | 'rolled_back';
export type StepStatus = 'pending' | 'running' | 'completed' | 'failed' | 'compensated';
export type Direction = 'forward' | 'backward';

/** The properties of a step on which the course of a saga depends. */
export type StepTraits = {
  name: string;
  canCompensate: boolean;
  /** Once it is done, the saga can no longer be cancelled. */
  isIrrevocable: boolean;
};

export type SagaState = {
  status: SagaStatus;
  index: number;
  isCancelRequested: boolean;
  steps: readonly { name: string; status: StepStatus; isCompensationFailed: boolean }[];
  error: SagaError | null;
};

export type SagaError = {
  /** The step at which compensation began; null when no step came before the failure. */
  compensate_from_idx: number | null;
  /** `step_failed:<step>` or `cancelled`. */
  reason: string;
  /** Resources that the saga has destroyed at the provider; absent: none. */
  destroyed?: string[];
};

export const isFinished = (status: SagaStatus): boolean =>
  status === 'completed' || status === 'failed' || status === 'rolled_back';

export const directionOf = (status: SagaStatus): Direction => (status === 'compensating' ? 'backward' : 'forward');

/** True when a requested cancellation takes effect now: only between steps, before the next one has begun. */
export function isCancelledHere(state: SagaState, traits: readonly StepTraits[]): boolean {
  if (!state.isCancelRequested || directionOf(state.status) === 'backward') return false;
  if (state.steps[state.index]?.status !== 'pending') return false;
  return !traits.some((step, index) => index < state.index && step.isIrrevocable);
}

/** The saga after the step at `index` is done: at the next step, or completed. */
export function afterStepDone(state: SagaState): SagaState {
  const steps = withStatus(state, 'completed');
  const isLast = state.index === state.steps.length - 1;
  return { ...state, steps, status: isLast ? 'completed' : 'running', index: isLast ? state.index : state.index + 1 };
}

/**
 * The saga after the step at `index` failed permanently. Compensation starts at the step before it. A saga that has destroyed
 * resources cannot be rolled back: it stops as failed, compensates nothing, and can be retried from this step.
 */
export function afterStepFailed(
  state: SagaState,
  traits: readonly StepTraits[],
  destroyed: readonly string[] = [],
): SagaState {
  const steps = withStatus(state, 'failed');
  const reason = `step_failed:${state.steps[state.index]?.name ?? state.index}`;
  if (destroyed.length > 0) {
    const error = { compensate_from_idx: null, reason, destroyed: [...destroyed] };
    return { ...state, steps, status: 'failed', error };
  }
  if (state.index === 0) {
    return { ...state, steps, status: 'failed', error: { compensate_from_idx: null, reason } };
  }
  return goBack({ ...state, steps, error: { compensate_from_idx: state.index - 1, reason } }, state.index - 1, traits);
}

/** The saga after a cancellation: compensation starts at the step before the present one. */
export function afterCancel(state: SagaState, traits: readonly StepTraits[]): SagaState {
  const from = state.index - 1;
  const error: SagaError = { compensate_from_idx: from < 0 ? null : from, reason: 'cancelled' };
  return goBack({ ...state, error }, from, traits);
}

/** The saga after the compensation of the step at `index`. A failed one is recorded; the steps before are compensated all the same. */
export function afterCompensation(state: SagaState, isDone: boolean, traits: readonly StepTraits[]): SagaState {
  const steps = state.steps.map((step, index) => {
    if (index !== state.index) return step;
    return isDone ? { ...step, status: 'compensated' as const } : { ...step, isCompensationFailed: true };
  });
  return goBack({ ...state, steps }, state.index - 1, traits);
}

/**
 * A failed saga at the step from which it is retried: the compensation that failed last, with all others that failed after it, or
 * else the step that failed.
 */
export function afterRetry(state: SagaState): SagaState {
  const index = state.steps.findLastIndex((step) => step.isCompensationFailed);
  if (index === -1) return { ...state, status: 'running', steps: withStatus(state, 'running'), error: null };
  const steps = state.steps.map((step) => ({ ...step, isCompensationFailed: false }));
  return { ...state, status: 'compensating', index, steps };
}

/** Moves back to the next completed step that can be compensated; without one, the saga ends. */
function goBack(state: SagaState, from: number, traits: readonly StepTraits[]): SagaState {
  for (let index = from; index >= 0; index -= 1) {
    const isUndone = state.steps[index]?.status === 'completed' && !state.steps[index]?.isCompensationFailed;
    if (isUndone && traits[index]?.canCompensate) return { ...state, status: 'compensating', index };
  }
  const isSomethingLeft = state.steps.some((step) => step.isCompensationFailed);
  return { ...state, status: isSomethingLeft ? 'failed' : 'rolled_back' };
}

function withStatus(state: SagaState, status: StepStatus): SagaState['steps'] {
  return state.steps.map((step, index) => (index === state.index ? { ...step, status } : step));
}

/** Milliseconds before another attempt: doubles from one second to a minute. */
export const retryDelayMs = (attempt: number): number => Math.min(60_000, 1_000 * 2 ** Math.min(attempt - 1, 10));

/** Milliseconds before the provider is polled again: doubles from a tenth of a second to five seconds. */
export const pollDelayMs = (poll: number): number => Math.min(5_000, 100 * 2 ** Math.min(poll, 10));

/** Marks the resources that a saga creates at the provider, so that they are found after a crash. The provider allows its letters. */
export const sagaTag = (sagaId: string): string => `arcadia-saga:${sagaId}`;

/** The name of the final snapshot that a saga takes of a droplet. */
export const finalSnapshotName = (sagaId: string, dropletId: string): string => `arcadia-final-${sagaId}-${dropletId}`;

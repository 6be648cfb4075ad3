/** How a saga moves. Values in, values out: the turn of a step is run elsewhere. */

export type SagaStatus = 'pending' | 'running' | 'completed' | 'failed' | 'compensating' | 'rolled_back';
export type StepStatus = 'pending' | 'running' | 'completed' | 'failed' | 'compensated';
export type Direction = 'forward' | 'backward';

/** What of a step the engine must know besides running it. */
export type StepTraits = {
  name: string;
  canCompensate: boolean;
  /** Once it is done, the saga is no longer cancelled: undoing it would cost more than going on. */
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
  /** Compensation went backwards from here; null when there was nothing before the failure. */
  compensate_from_idx: number | null;
  /** `step_failed:<step>` or `cancelled`. */
  reason: string;
};

export const isFinished = (status: SagaStatus): boolean =>
  status === 'completed' || status === 'failed' || status === 'rolled_back';

export const directionOf = (status: SagaStatus): Direction => (status === 'compensating' ? 'backward' : 'forward');

/** Cancellation is looked at between steps, so only where the next one has not begun. */
export function isCancelledHere(state: SagaState, traits: readonly StepTraits[]): boolean {
  if (!state.isCancelRequested || directionOf(state.status) === 'backward') return false;
  if (state.steps[state.index]?.status !== 'pending') return false;
  return !traits.some((step, index) => index < state.index && step.isIrrevocable);
}

/** The step at `index` is done: on to the next, or to the end. */
export function afterStepDone(state: SagaState): SagaState {
  const steps = withStatus(state, 'completed');
  const isLast = state.index === state.steps.length - 1;
  return { ...state, steps, status: isLast ? 'completed' : 'running', index: isLast ? state.index : state.index + 1 };
}

/** The step at `index` has failed for good. Compensation starts from the step before it. */
export function afterStepFailed(state: SagaState, traits: readonly StepTraits[]): SagaState {
  const steps = withStatus(state, 'failed');
  const reason = `step_failed:${state.steps[state.index]?.name ?? state.index}`;
  if (state.index === 0) {
    return { ...state, steps, status: 'failed', error: { compensate_from_idx: null, reason } };
  }
  return goBack({ ...state, steps, error: { compensate_from_idx: state.index - 1, reason } }, state.index - 1, traits);
}

export function afterCancel(state: SagaState, traits: readonly StepTraits[]): SagaState {
  const from = state.index - 1;
  const error: SagaError = { compensate_from_idx: from < 0 ? null : from, reason: 'cancelled' };
  return goBack({ ...state, error }, from, traits);
}

/** The compensation of the step at `index` is over; one that failed is recorded and does not stop the walk. */
export function afterCompensation(state: SagaState, isDone: boolean, traits: readonly StepTraits[]): SagaState {
  const steps = state.steps.map((step, index) => {
    if (index !== state.index) return step;
    return isDone ? { ...step, status: 'compensated' as const } : { ...step, isCompensationFailed: true };
  });
  return goBack({ ...state, steps }, state.index - 1, traits);
}

/** The next step backwards that did something and can undo it; without one the walk is over. */
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

/** Waiting time before another attempt: doubles from one second to a minute. */
export const retryDelayMs = (attempt: number): number => Math.min(60_000, 1_000 * 2 ** Math.min(attempt - 1, 10));

/** Waiting time before looking at the provider again: soon at first, every five seconds in the end. */
export const pollDelayMs = (poll: number): number => Math.min(5_000, 100 * 2 ** Math.min(poll, 10));

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterCancel,
  afterCompensation,
  afterRetry,
  afterStepDone,
  afterStepFailed,
  isCancelledHere,
  isFinished,
  type SagaState,
  type StepTraits,
} from './saga.ts';

const traitsOf = (names: string[], given: Partial<StepTraits>[] = []): StepTraits[] =>
  names.map((name, index) => ({ name, canCompensate: true, isIrrevocable: false, ...given[index] }));

const fresh = (names: string[]): SagaState => ({
  status: 'running',
  index: 0,
  isCancelRequested: false,
  error: null,
  steps: names.map((name) => ({ name, status: 'pending', isCompensationFailed: false })),
});

describe('provisioning: a saga', () => {
  it('a saga whose third step fails is rolled back, its first two steps compensated', () => {
    const names = ['echo', 'echo', 'fail'];
    const traits = traitsOf(names, [{}, {}, { canCompensate: false }]);
    let saga = afterStepFailed(afterStepDone(afterStepDone(fresh(names))), traits);
    expect(saga).toMatchObject({ status: 'compensating', index: 1 });
    saga = afterCompensation(saga, true, traits);
    expect(saga).toMatchObject({ status: 'compensating', index: 0 });
    saga = afterCompensation(saga, true, traits);
    expect(saga.status).toBe('rolled_back');
    expect(saga.steps.map((step) => step.status)).toEqual(['compensated', 'compensated', 'failed']);
    expect(saga.error).toEqual({ compensate_from_idx: 1, reason: 'step_failed:fail' });
  });

  it('a saga whose first step fails is failed, with nothing to compensate', () => {
    const saga = afterStepFailed(fresh(['fail']), traitsOf(['fail']));
    expect(saga).toMatchObject({ status: 'failed', error: { compensate_from_idx: null, reason: 'step_failed:fail' } });
  });

  it('a failed compensation does not stop the others, and the saga ends as failed', () => {
    const names = ['a', 'b', 'c'];
    const traits = traitsOf(names);
    let saga = afterStepFailed(afterStepDone(afterStepDone(fresh(names))), traits);
    saga = afterCompensation(saga, false, traits);
    expect(saga).toMatchObject({ status: 'compensating', index: 0 });
    saga = afterCompensation(saga, true, traits);
    expect(saga.status).toBe('failed');
    expect(saga.steps.map((step) => step.status)).toEqual(['compensated', 'completed', 'failed']);
  });

  it('a saga that has destroyed resources compensates nothing, and is retried from the step that failed', () => {
    const names = ['a', 'b', 'c'];
    const traits = traitsOf(names);
    const failed = afterStepFailed(afterStepDone(afterStepDone(fresh(names))), traits, ['droplet web-1 (101)']);
    expect(failed).toMatchObject({ status: 'failed', index: 2, error: { destroyed: ['droplet web-1 (101)'] } });
    expect(failed.steps.map((step) => step.status)).toEqual(['completed', 'completed', 'failed']);
    expect(afterRetry(failed)).toMatchObject({ status: 'running', index: 2, error: null });
  });

  it('a saga whose compensation failed is retried backward, from the last compensation that failed', () => {
    const names = ['a', 'b', 'c', 'd'];
    const traits = traitsOf(names);
    let saga = afterStepFailed(afterStepDone(afterStepDone(afterStepDone(fresh(names)))), traits);
    for (const isDone of [true, false, false]) saga = afterCompensation(saga, isDone, traits);
    expect(saga.status).toBe('failed');
    saga = afterRetry(saga);
    expect(saga).toMatchObject({ status: 'compensating', index: 1, error: { reason: 'step_failed:d' } });
    for (let turn = 0; turn < 2; turn += 1) saga = afterCompensation(saga, true, traits);
    expect(saga.status).toBe('rolled_back');
  });

  it('a saga is cancelled between steps only, and not after an irrevocable step', () => {
    const names = ['a', 'b', 'c'];
    const requested = { ...afterStepDone(fresh(names)), isCancelRequested: true };
    expect(isCancelledHere(requested, traitsOf(names))).toBe(true);
    const begun = {
      ...requested,
      steps: requested.steps.map((step, index) => (index === 1 ? { ...step, status: 'running' as const } : step)),
    };
    expect(isCancelledHere(begun, traitsOf(names))).toBe(false);
    expect(isCancelledHere(requested, traitsOf(names, [{ isIrrevocable: true }]))).toBe(false);
    expect(afterCancel(requested, traitsOf(names))).toMatchObject({
      status: 'compensating',
      index: 0,
      error: { compensate_from_idx: 0, reason: 'cancelled' },
    });
  });

  it('a saga always ends, whatever fails, and compensates no step twice', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ fails: fc.boolean(), undoFails: fc.boolean(), canCompensate: fc.boolean() }), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.nat(10),
        (plan, cancelAt) => {
          const names = plan.map((_, index) => `step-${index}`);
          const traits = traitsOf(names, plan);
          const undone: number[] = [];
          let saga = fresh(names);
          for (let turn = 0; !isFinished(saga.status); turn += 1) {
            if (turn > 40) throw new Error('does not end');
            if (turn === cancelAt) saga = { ...saga, isCancelRequested: true };
            const at = saga.index;
            if (saga.status === 'compensating') {
              undone.push(at);
              saga = afterCompensation(saga, !plan[at]?.undoFails, traits);
            } else if (isCancelledHere(saga, traits)) saga = afterCancel(saga, traits);
            else saga = plan[at]?.fails ? afterStepFailed(saga, traits) : afterStepDone(saga);
          }
          expect(new Set(undone).size).toBe(undone.length);
          expect(undone).toEqual(undone.toSorted((a, b) => b - a));
          const isUndoable = ({ status }: { status: string }, index: number) =>
            status === 'completed' && traits[index]?.canCompensate === true;
          const contradictions = {
            completed: plan.some((step) => step.fails),
            rolled_back: saga.steps.some(isUndoable),
          } as Record<string, boolean>;
          expect(contradictions[saga.status] ?? false).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });
});

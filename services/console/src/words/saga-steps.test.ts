import { describe, expect, it } from 'vitest';
import { sagaProgress, stepMark } from './saga-steps.ts';

type Status = 'pending' | 'running' | 'completed' | 'failed' | 'compensated';
/** `undone`: the step whose compensation undoes it; absent: its own. */
const step = (index: number, status: Status, undone: string | null = `step-${index}`) => ({
  name: `step-${index}`,
  index,
  status,
  compensation_error: null as string | null,
  undone_by: undone,
});
const back = { compensate_from_idx: 2, reason: 'step_failed:wait-active' };
const wordsOf = (saga: Omit<Parameters<typeof stepMark>[0], 'ledger'>, ledger: ReturnType<typeof step>[]) =>
  ledger.map((each) => stepMark({ ...saga, ledger }, each).words);

describe('console: how the steps of a saga stand', () => {
  it('of a rolled back saga each step is undone by itself or by another, had nothing to undo, failed or never began', () => {
    const saga = { status: 'rolled_back' as const, current_index: 1, error: back };
    const steps = [
      step(0, 'completed', null),
      step(1, 'compensated'),
      step(2, 'completed', 'step-1'),
      step(3, 'failed'),
      step(4, 'pending'),
    ];
    expect(wordsOf(saga, steps)).toEqual([
      'done, with nothing to undo',
      'done, then undone',
      'done, then undone with “Step 1”',
      'failed',
      'never begun',
    ]);
    expect(sagaProgress({ ...saga, steps })).toBe('failed at step 4 of 5, and undone');
  });

  it('while a saga goes back, the step that is being undone differs from those before and after it', () => {
    const saga = { status: 'compensating' as const, current_index: 1, error: back };
    const steps = [step(0, 'completed'), step(1, 'completed'), step(2, 'completed', null), step(3, 'failed')];
    expect(wordsOf(saga, steps)).toEqual([
      'done, not undone yet',
      'done, and being undone',
      'done, with nothing to undo',
      'failed',
    ]);
    expect(sagaProgress({ ...saga, steps })).toBe('failed at step 4 of 4, and goes back');
  });

  it('a step that could not be undone is marked as bad, and so is one that it would have undone too', () => {
    const saga = { status: 'failed' as const, current_index: 0, error: back };
    const ledger = [
      { ...step(0, 'completed'), compensation_error: 'the droplet is locked' },
      step(1, 'completed', 'step-0'),
    ];
    expect(ledger.map((each) => stepMark({ ...saga, ledger }, each))).toEqual([
      { tone: 'bad', words: 'done, and undoing it failed' },
      { tone: 'bad', words: 'done, and undoing it with “Step 0” failed' },
    ]);
  });

  it('a saga that has destroyed something undoes nothing, and one that runs has steps before it', () => {
    const destroyed = { compensate_from_idx: null, reason: 'step_failed:delete:web-2', destroyed: ['droplet web-1'] };
    const failed = { status: 'failed' as const, current_index: 1, error: destroyed };
    expect(wordsOf(failed, [step(0, 'completed'), step(1, 'failed')])).toEqual(['done, and not undone', 'failed']);
    const runs = { status: 'running' as const, current_index: 1, error: null };
    const steps = [step(0, 'completed'), step(1, 'running'), step(2, 'pending')];
    expect(wordsOf(runs, steps)).toEqual(['done', 'runs', 'not begun']);
    expect(sagaProgress({ status: 'running', steps })).toBe('1 of 3 done');
  });
});

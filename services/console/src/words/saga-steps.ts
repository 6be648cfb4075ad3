import type { provisioning, RequestOutput } from '@arcadia/contracts';
import { inWords } from './names.ts';

type Saga = RequestOutput<typeof provisioning.getSaga>;
type Step = Pick<Saga['ledger'][number], 'index' | 'name' | 'status' | 'compensation_error' | 'undone_by'>;
type Whole = Pick<Saga, 'status' | 'current_index' | 'error'> & { ledger: readonly Step[] };
type Mark = { tone: 'good' | 'warn' | 'bad' | ''; words: string };

/** How a step stands now, in view of its saga. */
export const stepMark = (saga: Whole, step: Step): Mark => {
  switch (step.status) {
    case 'pending':
      return { tone: '', words: saga.status === 'pending' || saga.status === 'running' ? 'not begun' : 'never begun' };
    case 'running':
      return { tone: 'warn', words: 'runs' };
    case 'failed':
      return { tone: 'bad', words: 'failed' };
    case 'compensated':
      return { tone: 'warn', words: 'done, then undone' };
    case 'completed':
      return doneMark(saga, step);
  }
};

const doneMark = (saga: Whole, { index, name, compensation_error, undone_by }: Step): Mark => {
  if (compensation_error !== null) return { tone: 'bad', words: 'done, and undoing it failed' };
  const by = undone_by === null || undone_by === name ? undefined : saga.ledger.find((step) => step.name === undone_by);
  if (by?.status === 'compensated') return { tone: 'warn', words: `done, then undone with “${inWords(by.name)}”` };
  if (by !== undefined && by.compensation_error !== null)
    return { tone: 'bad', words: `done, and undoing it with “${inWords(by.name)}” failed` };
  if (!hasGoneBack(saga)) return { tone: 'good', words: saga.status === 'failed' ? 'done, and not undone' : 'done' };
  if (undone_by === null) return { tone: 'good', words: 'done, with nothing to undo' };
  if (saga.status === 'compensating' && index === saga.current_index)
    return { tone: 'warn', words: 'done, and being undone' };
  return { tone: 'good', words: saga.status === 'compensating' ? 'done, not undone yet' : 'done, and not undone' };
};

/** Whether what was done is being undone, or was as far as it could be. A saga that has destroyed something undoes nothing. */
const hasGoneBack = ({ status, error }: Whole): boolean =>
  status === 'compensating' ||
  status === 'rolled_back' ||
  (status === 'failed' && (error?.['compensate_from_idx'] ?? null) !== null);

/** How far a saga is, in a few words; of one that goes back, where it turned. */
export const sagaProgress = ({ status, steps }: Pick<Saga, 'status' | 'steps'>): string => {
  const count = (of: Saga['steps'][number]['status']): number => steps.filter((step) => step.status === of).length;
  if (status !== 'rolled_back' && status !== 'compensating') return `${count('completed')} of ${steps.length} done`;
  const failed = steps.findIndex((step) => step.status === 'failed');
  const turned = failed === -1 ? `stopped after ${steps.length - count('pending')}` : `failed at step ${failed + 1}`;
  return `${turned} of ${steps.length}, ${status === 'rolled_back' ? 'and undone' : 'and goes back'}`;
};

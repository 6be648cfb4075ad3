import { StepFailure, type StepRun } from './step.ts';

/** The first step of every saga that changes something at the provider calls this, so that nothing is begun in vain. */
export function mustBeAllowedToWrite(run: Pick<StepRun, 'provider'>): void {
  if (run.provider.canWrite) return;
  throw new StepFailure('This installation is read-only at the provider: start it with --write (ARCADIA_WRITE=1).');
}

/** Marks what a saga makes at the provider, so that it is found again after a crash. A tag of the provider's letters. */
export const sagaTag = (sagaId: string): string => `arcadia-saga:${sagaId}`;

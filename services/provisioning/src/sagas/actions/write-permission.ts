import { StepFailure, type StepRun } from '../step.ts';

/** The first step of every saga that changes the provider calls this, so that a saga that cannot finish is not begun. */
export function assertMayWrite(run: Pick<StepRun, 'provider'>): void {
  if (run.provider.canWrite) return;
  throw new StepFailure('This installation is read-only at the provider: start it with --write (ARCADIA_WRITE=1).');
}

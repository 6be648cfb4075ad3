import { NoProviderToken, ProviderError, WriteRefusedError } from '@arcadia/digitalocean';
import { StepFailure } from './step.ts';

/** Whether trying again could not help: the step says so, or the provider does. */
export const isPermanent = (error: unknown): boolean =>
  error instanceof StepFailure ||
  error instanceof WriteRefusedError ||
  error instanceof NoProviderToken ||
  (error instanceof ProviderError && !error.retryable);

import { NoProviderToken, ProviderError, WriteRefusedError } from '@arcadia/digitalocean';
import { StepFailure } from './step.ts';

/** True when another attempt would fail too, according to the step or to the provider. */
export const isPermanent = (error: unknown): boolean =>
  error instanceof StepFailure ||
  error instanceof WriteRefusedError ||
  error instanceof NoProviderToken ||
  (error instanceof ProviderError && !error.retryable);

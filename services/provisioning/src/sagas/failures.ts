import { NoProviderToken, ProviderError, WriteRefusedError } from '@arcadia/digitalocean';
import { errorText, isInfrastructureError } from '@arcadia/platform';
import { NotYet } from '../clients/provider.ts';
import { StepFailure, type StepOutcome } from './step.ts';

/** True when another attempt would fail too, according to the step or to the provider. */
export const isPermanent = (error: unknown): boolean =>
  error instanceof StepFailure ||
  error instanceof WriteRefusedError ||
  error instanceof NoProviderToken ||
  (error instanceof ProviderError && !error.retryable && !error.isNotNow);

/** True when Postgres or NATS failed, not the provider. */
export const isOwnInfrastructure = (error: unknown): boolean =>
  !(error instanceof ProviderError) && isInfrastructureError(error);

export type RefusedForNow = Extract<StepOutcome, { wait: unknown }> & { readonly refused: string };

/** After an hour the provider has given back every request of the rate limit, so no reply justifies a longer pause. */
const longestPauseMs = 3_600_000;

/**
 * The outcome of a step whose request the provider refused, or did not carry out, for the present: the step is tried again until its deadline.
 * @returns null when the error is of another kind
 */
export function refusedForNow(error: unknown): RefusedForNow | null {
  if (error instanceof NotYet) return { wait: {}, refused: errorText(error), pauseMs: 0 };
  if (!(error instanceof ProviderError && error.isNotNow)) return null;
  const pauseMs = Math.min(error.retryAfterMs ?? 0, longestPauseMs);
  return { wait: {}, refused: errorText(error), pauseMs };
}

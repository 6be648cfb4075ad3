import type { Json } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import type { Kysely } from 'kysely';
import type { Provider } from '../clients/provider.ts';
import type { Schema } from '../store/schema.ts';

export type Context = Readonly<Record<string, Json>>;

/** What a step is given. It may look at everything and change nothing but the provider. */
export type StepRun<Inputs = never> = {
  readonly saga: {
    readonly id: string;
    readonly kind: string;
    readonly deploymentId: string | null;
    readonly tenantId: string | null;
    readonly startedBy: string;
    /** The drift that it is to revert. */
    readonly driftId: string | null;
  };
  readonly inputs: Readonly<Inputs>;
  /** What the steps before have found out, and this one in its earlier turns. */
  readonly context: Context;
  readonly stepName: string;
  readonly attempt: number;
  readonly provider: Provider;
  readonly db: Kysely<Schema>;
  /** The service's clock. */
  readonly now: Temporal.Instant;
  /** Aborted when the lease is lost or the service stops. */
  readonly signal: AbortSignal;
  /** Called right before what must not happen twice: throws when another replica has taken the saga over. */
  guard(): Promise<void>;
};

/**
 * `done`: through, with what it adds to the context; `record` runs in the very transaction that says so.
 * `wait`: the provider is at it; look again, with what is to be remembered until then.
 */
export type StepOutcome =
  | { readonly done: Context; readonly record?: (tx: Tx<Schema>) => Promise<void> }
  | { readonly wait: Context; readonly afterMs?: number };

export type Step<Inputs = never> = {
  readonly name: string;
  execute(run: StepRun<Inputs>): Promise<StepOutcome>;
  /** Undo what `execute` did; also when it did only part of it, or nothing any more. */
  compensate?(run: StepRun<Inputs>): Promise<StepOutcome>;
  /** How often a transient failure is tried again; 5 unless told. */
  readonly attempts?: number;
  /** How long it may take in all, waiting included, on the wall clock; 10 minutes unless told. */
  readonly deadlineMs?: number;
  readonly isIrrevocable?: boolean;
};

/** The step cannot be done, and trying again would not change that. */
export class StepFailure extends Error {
  override name = 'StepFailure';
}

/** Somebody else has the saga now; whatever this worker found out is dropped. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
}

export const isWaiting = (outcome: StepOutcome): outcome is Extract<StepOutcome, { wait: Context }> =>
  'wait' in outcome;

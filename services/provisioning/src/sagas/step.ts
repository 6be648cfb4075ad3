import type { Json } from '@arcadia/contracts';
import type { Kysely } from 'kysely';
import type { Provider } from '../clients/provider.ts';
import type { Tx } from '../context.ts';
import type { StepTraits } from '../domain/sagas/saga.ts';
import type { Tables } from '../store/schema.ts';

export type SagaContext = Readonly<Record<string, Json>>;

/** The resources that a saga has destroyed so far, such as `droplet web-1 (101)`: its steps list them in its context. */
export const destroyedIn = (context: SagaContext): string[] =>
  Array.isArray(context['destroyed']) ? context['destroyed'].map(String) : [];

/** The arguments of a step. A step may read everything, and writes only at the provider. */
export type StepRun<Inputs = unknown> = {
  readonly saga: {
    readonly id: string;
    readonly kind: string;
    readonly deploymentId: string | null;
    readonly tenantId: string | null;
    readonly startedBy: string;
    /** The drift that the saga reverts. */
    readonly driftId: string | null;
  };
  readonly inputs: Readonly<Inputs>;
  /** The results of the steps before, and of the earlier turns of this one. */
  readonly context: SagaContext;
  readonly stepName: string;
  readonly attempt: number;
  readonly provider: Provider;
  readonly db: Kysely<Tables>;
  /** The service's clock. */
  readonly now: Temporal.Instant;
  /** Aborted when the lease is lost or the service stops. */
  readonly signal: AbortSignal;
  /** Called right before an effect that must not happen twice: throws when another replica has taken over the saga. */
  readonly guard: () => Promise<void>;
};

/**
 * `done`: the step is completed; its entries are added to the context, and `record` runs in the transaction that completes it.
 * `wait`: the provider has not finished; the step runs again after `afterMs` (1000 by default), its entries added to the context.
 */
export type StepOutcome =
  | { readonly done: SagaContext; readonly record?: (tx: Tx) => Promise<void> }
  | {
      readonly wait: SagaContext;
      readonly afterMs?: number;
      /** What the step waits for, in a sentence; absent: that the provider finishes. */
      readonly because?: string;
      /** Reason that the provider refused the step's request for the present. The wait then grows from one to the next. */
      readonly refused?: string;
      /** Pause that the provider requires, in milliseconds. It is no part of the time that the step has. */
      readonly pauseMs?: number;
    };

export type Step<Inputs> = {
  readonly name: string;
  readonly execute: (run: StepRun<Inputs>) => Promise<StepOutcome>;
  /** Undoes `execute`, also when it was carried out in part only, or is undone already. */
  readonly compensate?: (run: StepRun<Inputs>) => Promise<StepOutcome>;
  /** The earlier step whose `compensate` undoes this one too; absent: it has its own, or changes nothing that lasts. */
  readonly undoneBy?: string;
  /** How often the step is tried when it fails in a way that may pass; 5 by default. Failures of the provider do not count. */
  readonly attempts?: number;
  /** Milliseconds by the wall clock for the whole step, waiting included; 10 minutes by default. */
  readonly deadlineMs?: number;
  /** Once it is done, the saga can no longer be cancelled. */
  readonly isIrrevocable?: boolean;
};

/** A step that holds the inputs of its saga, so that the engine handles the steps of all kinds alike. */
export type BoundStep = Omit<Step<unknown>, 'execute' | 'compensate'> & {
  readonly execute: (run: Omit<StepRun, 'inputs'>) => Promise<StepOutcome>;
  readonly compensate?: (run: Omit<StepRun, 'inputs'>) => Promise<StepOutcome>;
};

/** Gives a step the inputs of its saga. */
export function bindStep<Inputs>(step: Step<Inputs>, inputs: Readonly<Inputs>): BoundStep {
  const { execute, compensate, ...traits } = step;
  return {
    ...traits,
    execute: (run) => execute({ ...run, inputs }),
    ...(compensate === undefined ? {} : { compensate: (run) => compensate({ ...run, inputs }) }),
  };
}

/** The properties of steps on which the course of a saga depends. */
export const traitsOf = (steps: readonly BoundStep[]): StepTraits[] =>
  steps.map((step) => ({
    name: step.name,
    canCompensate: step.compensate !== undefined,
    isIrrevocable: step.isIrrevocable === true,
  }));

/** The step cannot be done, and another attempt would not change that. */
export class StepFailure extends Error {
  override name = 'StepFailure';
}

/** Another replica has taken over the saga; the result of this one is dropped. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
}

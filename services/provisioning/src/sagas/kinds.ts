import { provisioning } from '@arcadia/contracts';
import type { StepTraits } from '../domain/saga.ts';
import { echoSteps, failSteps } from './echo.ts';
import { offboardSteps } from './offboard.ts';
import { provisionDropletSteps } from './provision-droplet.ts';
import { resizeDropletSteps } from './resize-droplet.ts';
import type { Step } from './step.ts';
import { resumeSteps, suspendSteps } from './suspend.ts';

/** What the sagas of each kind consist of, from the inputs they were started with. */
type Steps = (inputs: never) => Step<never>[];

const kinds: Readonly<Record<provisioning.SagaKind, Steps>> = {
  provision_droplet: () => provisionDropletSteps as Step<never>[],
  resize_droplet: () => resizeDropletSteps as Step<never>[],
  suspend: suspendSteps as Steps,
  resume: resumeSteps as Steps,
  offboard: offboardSteps as Steps,
  echo: echoSteps as Steps,
  fail: () => failSteps as Step<never>[],
};

/** The steps of a saga, or null when this version of the program knows no such kind. */
export function stepsOf(kind: string, inputs: Record<string, unknown>): Step<never>[] | null {
  const known = provisioning.sagaKind.safeParse(kind);
  return known.success ? kinds[known.data](inputs as never) : null;
}

/** What the engine must know of steps besides running them. */
export const traitsOf = (steps: readonly Step<never>[]): StepTraits[] =>
  steps.map((step) => ({
    name: step.name,
    canCompensate: step.compensate !== undefined,
    isIrrevocable: step.isIrrevocable === true,
  }));

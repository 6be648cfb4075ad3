import type { provisioning } from '@arcadia/contracts';
import type { z } from 'zod';
import { type Step, StepFailure } from './step.ts';

type Inputs = z.output<typeof provisioning.sagaInputs.echo>;
type Said = Pick<Inputs, 'message'>;

/** Teaching: does nothing to anybody, and shows how a saga goes on and goes back. */
const echo: Step<Said> = {
  name: 'echo',
  execute: async (run) => ({ done: { echo: run.inputs.message } }),
  compensate: async () => ({ done: {} }),
};

const fail: Step<Said> = {
  name: 'fail',
  execute: async () => {
    throw new StepFailure('this step always fails');
  },
};

export const echoSteps = (inputs: Inputs): Step<Said>[] => inputs.steps.map((name) => (name === 'echo' ? echo : fail));

export const failSteps: Step<Said>[] = [echo, echo, fail];

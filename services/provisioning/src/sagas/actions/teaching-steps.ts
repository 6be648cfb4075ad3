import { type Step, StepFailure } from '../step.ts';

type Inputs = { message: string };

/** Copies the message of the saga to its context. */
export const echoStep: Step<Inputs> = {
  name: 'echo',
  execute: async (run) => ({ done: { echo: run.inputs.message } }),
  compensate: async () => ({ done: {} }),
};

/** Always fails. */
export const failStep: Step<Inputs> = {
  name: 'fail',
  execute: async () => {
    throw new StepFailure('This step always fails.');
  },
};

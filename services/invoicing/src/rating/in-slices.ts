import { setImmediate as others } from 'node:timers/promises';

/** Milliseconds of work after which requests that wait are answered first. */
const sliceMs = 2;

/** Runs a long calculation in slices, so that a large tenant delays the requests of others by one slice at a time. */
export const inSlices = async <Result>(steps: Generator<undefined, Result>): Promise<Result> => {
  for (let began = performance.now(); ; ) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - began < sliceMs) continue;
    await others();
    began = performance.now();
  }
};

import { provisioning } from '@arcadia/contracts';
import { echoStep, failStep } from '../actions/teaching-steps.ts';
import { defineSaga } from '../define-saga.ts';

const inputs = provisioning.sagaInputs.fail;

/** For teaching: two steps that echo, and one that fails. */
export const fail = defineSaga({
  kind: 'fail',
  inputs,
  stored: inputs,
  prepare: (_db, given) => ({ inputs: given, deployment: null, resourceId: null, worksOn: null }),
  steps: () => [echoStep, echoStep, failStep],
});

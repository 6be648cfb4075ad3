import { provisioning } from '@arcadia/contracts';
import { echoStep, failStep } from '../actions/teaching-steps.ts';
import { defineSaga } from '../define-saga.ts';

const inputs = provisioning.sagaInputs.echo;

/** For teaching: shows how a saga runs forwards and backwards, without any effect at the provider. */
export const echo = defineSaga({
  kind: 'echo',
  inputs,
  stored: inputs,
  prepare: (_db, given) => ({ inputs: given, deployment: null, resourceId: null, worksOn: null }),
  steps: ({ steps }) => steps.map((name) => (name === 'echo' ? echoStep : failStep)),
});

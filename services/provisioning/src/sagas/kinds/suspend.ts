import { isRefusal, provisioning } from '@arcadia/contracts';
import type { z } from 'zod';
import { allowedTransitions } from '../../domain/deployments/transitions.ts';
import { dropletsOfDeployment } from '../../store/resources/deployment-droplets.ts';
import {
  confirmedDeployment,
  type NamedDroplet,
  named,
  preparedFor,
  transitionImpossible,
  withDroplets,
} from '../actions/deployment-droplets.ts';
import { switchOff, switchOn } from '../actions/droplet-power.ts';
import { moveDeployment } from '../actions/move-deployment.ts';
import { assertMayWrite } from '../actions/write-permission.ts';
import { defineSaga } from '../define-saga.ts';
import type { SagaContext, Step } from '../step.ts';

const stored = provisioning.sagaInputs.suspend.extend(withDroplets);
type Inputs = z.output<typeof stored>;

/** Switches the droplets of a deployment off and marks it suspended. */
export const suspend = defineSaga({
  kind: 'suspend',
  inputs: provisioning.sagaInputs.suspend,
  stored,
  async prepare(db, inputs) {
    const deployment = await confirmedDeployment(db, inputs);
    if (isRefusal(deployment)) return deployment;
    if (!allowedTransitions(deployment.state).includes('suspended')) {
      return transitionImpossible(deployment, 'suspended');
    }
    const droplets = named(await dropletsOfDeployment(db, deployment.deployment_id));
    return preparedFor(deployment, { ...inputs, droplets });
  },
  steps: ({ droplets }) => [rememberPower, ...droplets.map(powerOff), moveDeployment('mark-suspended', ['suspended'])],
});

/** Stores which droplets were on: a resume switches these on again. */
const rememberPower: Step<Inputs> = {
  name: 'remember-power',
  async execute(run) {
    if (run.inputs.droplets.length > 0) assertMayWrite(run);
    const on: string[] = [];
    for (const { provider_id: id } of run.inputs.droplets) {
      const droplet = await run.provider.droplet(id);
      if (droplet?.status === 'active') on.push(id);
    }
    return { done: { was_on: on } };
  },
  // Covers the droplet at which a step failed too, because that may be off by then.
  async compensate(run) {
    for (const { provider_id: id } of run.inputs.droplets) {
      if (!wasOn(run.context, id)) continue;
      const outcome = await switchOn(run, { key: `undo:${id}`, dropletId: id });
      if (!('done' in outcome)) return outcome;
    }
    return { done: {} };
  },
};

const powerOff = ({ provider_id: id, name }: NamedDroplet): Step<Inputs> => ({
  name: `power-off:${name}`,
  execute: async (run) =>
    wasOn(run.context, id) ? switchOff(run, { key: `power_off:${id}`, dropletId: id }) : { done: {} },
  compensate: async (run) =>
    wasOn(run.context, id) ? switchOn(run, { key: `undo_power_off:${id}`, dropletId: id }) : { done: {} },
});

const wasOn = (context: SagaContext, id: string): boolean =>
  Array.isArray(context['was_on']) && context['was_on'].includes(id);

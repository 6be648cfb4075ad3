import { provisioning } from '@arcadia/contracts';
import type { z } from 'zod';
import { noSuchDeployment } from '../../deployments/no-such-deployment.ts';
import { findDeployment } from '../../store/deployments/deployments.ts';
import { dropletsOfDeployment } from '../../store/resources/deployment-droplets.ts';
import { switchedOffBySuspension } from '../../store/sagas/saga-pages.ts';
import {
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
import { type Step, StepFailure } from '../step.ts';

const stored = provisioning.sagaInputs.resume.extend(withDroplets);
type Inputs = z.output<typeof stored>;

/**
 * Switches on the droplets that the suspension switched off, and marks the deployment active. When no suspension is on record,
 * it switches on every droplet that is off.
 */
export const resume = defineSaga({
  kind: 'resume',
  inputs: provisioning.sagaInputs.resume,
  stored,
  async prepare(db, inputs) {
    const deployment = await findDeployment(db, inputs.deployment_id, null);
    if (deployment === null) return noSuchDeployment();
    if (deployment.state !== 'suspended') return transitionImpossible(deployment, 'active');
    const switchedOff = await switchedOffBySuspension(db, deployment.deployment_id);
    const droplets = (await dropletsOfDeployment(db, deployment.deployment_id)).filter(({ status, provider_id }) =>
      switchedOff === null ? status === 'off' : switchedOff.includes(provider_id),
    );
    return preparedFor(deployment, { ...inputs, droplets: named(droplets) });
  },
  steps: ({ droplets }) => [check, ...droplets.map(powerOn), moveDeployment('mark-active', ['active'])],
});

const check: Step<Inputs> = {
  name: 'check-request',
  async execute(run) {
    if (run.inputs.droplets.length > 0) assertMayWrite(run);
    for (const { provider_id: id, name } of run.inputs.droplets) {
      if ((await run.provider.droplet(id)) === null) {
        throw new StepFailure(`Droplet ${name} (${id}) does not exist any more.`);
      }
    }
    return { done: {} };
  },
};

const powerOn = ({ provider_id: id, name }: NamedDroplet): Step<Inputs> => ({
  name: `power-on:${name}`,
  execute: (run) => switchOn(run, { key: `power_on:${id}`, dropletId: id }),
  compensate: (run) => switchOff(run, { key: `undo_power_on:${id}`, dropletId: id }),
});

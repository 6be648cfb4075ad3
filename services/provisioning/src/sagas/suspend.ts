import { type provisioning } from '@arcadia/contracts';
import type { z } from 'zod';
import { setSagaState } from './deployment-state.ts';
import { switchOff, switchOn } from './power.ts';
import { type Step, StepFailure } from './step.ts';
import { mustBeAllowedToWrite } from './writing.ts';

/** The droplets that the saga was started with: a deployment's own, at that moment. */
export type WithDroplets = { droplets: readonly { provider_id: string; name: string }[] };

type Suspend = z.output<typeof provisioning.sagaInputs.suspend> & WithDroplets;
type Resume = z.output<typeof provisioning.sagaInputs.resume> & WithDroplets;

/** Writes down which droplets were on, because those are what a resume switches on again. */
const remember: Step<Suspend> = {
  name: 'remember-power',
  async execute(run) {
    if (run.inputs.droplets.length > 0) mustBeAllowedToWrite(run);
    const wasOn: string[] = [];
    for (const { provider_id: id } of run.inputs.droplets) {
      const droplet = await run.provider.droplet(id);
      if (droplet?.status === 'active') wasOn.push(id);
    }
    return { done: { was_on: wasOn } };
  },
  // Also the droplet at which it failed, which may be off by then.
  async compensate(run) {
    for (const { provider_id: id } of run.inputs.droplets.filter((droplet) =>
      wasOn(run.context, droplet.provider_id),
    )) {
      const outcome = await switchOn(run, { key: `undo:${id}`, dropletId: id });
      if (!('done' in outcome)) return outcome;
    }
    return { done: {} };
  },
};

const wasOn = (context: Readonly<Record<string, unknown>>, id: string): boolean =>
  Array.isArray(context['was_on']) && context['was_on'].includes(id);

const powerOff = ({ provider_id: id, name }: WithDroplets['droplets'][number]): Step<Suspend> => ({
  name: `power-off:${name}`,
  execute: async (run) =>
    wasOn(run.context, id) ? switchOff(run, { key: `power_off:${id}`, dropletId: id }) : { done: {} },
  compensate: async (run) =>
    wasOn(run.context, id) ? switchOn(run, { key: `undo_power_off:${id}`, dropletId: id }) : { done: {} },
});

export const suspendSteps = (inputs: Suspend): Step<Suspend>[] => [
  remember,
  ...inputs.droplets.map(powerOff),
  { name: 'mark-suspended', execute: async (run) => ({ done: {}, record: setSagaState(run, ['suspended']) }) },
];

const checkResume: Step<Resume> = {
  name: 'check-request',
  async execute(run) {
    if (run.inputs.droplets.length > 0) mustBeAllowedToWrite(run);
    for (const { provider_id: id, name } of run.inputs.droplets) {
      if ((await run.provider.droplet(id)) === null)
        throw new StepFailure(`Droplet ${name} (${id}) is no longer there.`);
    }
    return { done: {} };
  },
};

const powerOn = ({ provider_id: id, name }: WithDroplets['droplets'][number]): Step<Resume> => ({
  name: `power-on:${name}`,
  execute: (run) => switchOn(run, { key: `power_on:${id}`, dropletId: id }),
  compensate: (run) => switchOff(run, { key: `undo_power_on:${id}`, dropletId: id }),
});

export const resumeSteps = (inputs: Resume): Step<Resume>[] => [
  checkResume,
  ...inputs.droplets.map(powerOn),
  { name: 'mark-active', execute: async (run) => ({ done: {}, record: setSagaState(run, ['active']) }) },
];

import { type provisioning, resourceId } from '@arcadia/contracts';
import type { z } from 'zod';
import { resizeProblems } from '../domain/provision-check.ts';
import { recordSpec } from '../record-spec.ts';
import { commandDroplet } from './droplet-command.ts';
import { switchOff, switchOn } from './power.ts';
import { type Step, StepFailure, type StepRun } from './step.ts';
import { mustBeAllowedToWrite } from './writing.ts';

type Inputs = z.output<typeof provisioning.sagaInputs.resize_droplet>;
type Run = StepRun<Inputs>;

const check: Step<Inputs> = {
  name: 'check-request',
  async execute(run) {
    mustBeAllowedToWrite(run);
    const droplet = await run.provider.droplet(run.inputs.provider_id);
    if (droplet === null) throw new StepFailure(`There is no droplet ${run.inputs.provider_id} at the provider.`);
    const sizes = await run.provider.sizes();
    const problems = resizeProblems(run.inputs, droplet, { sizes });
    if (problems.length > 0) throw new StepFailure(problems.join(' '));
    const diskGb = sizes.find(({ slug }) => slug === run.inputs.size_slug)?.diskGb ?? 0;
    return { done: { was_on: droplet.status === 'active', former_size: droplet.sizeSlug, disk_gb: diskGb } };
  },
  // Also after a step that failed when the droplet was off already: nobody's machine is left off by a resize that was not done.
  compensate: (run) => onAsBefore(run, 'undo'),
};

/** What was on when the saga began is on again; nothing happens to what is. */
const onAsBefore = async (run: Run, key: string) =>
  run.context['was_on'] === true ? switchOn(run, { key, dropletId: run.inputs.provider_id }) : { done: {} };

const powerOff: Step<Inputs> = {
  name: 'power-off',
  execute: async (run) =>
    isAlreadyThatSize(run) ? { done: {} } : switchOff(run, { key: 'power_off', dropletId: run.inputs.provider_id }),
  compensate: (run) => onAsBefore(run, 'undo_power_off'),
};

const resize: Step<Inputs> = {
  name: 'resize',
  deadlineMs: 30 * 60_000,
  execute: (run) => resizeTo(run, run.inputs.size_slug, 'resize'),
  async compensate(run) {
    if (run.inputs.disk) throw new StepFailure('Its disk was grown and does not shrink: the size stays.');
    return resizeTo(run, String(run.context['former_size']), 'undo_resize');
  },
};

const powerOn: Step<Inputs> = {
  name: 'power-on',
  execute: (run) => onAsBefore(run, 'power_on'),
  // To take the resize back the droplet must be off again.
  compensate: (run) => switchOff(run, { key: 'undo_power_on', dropletId: run.inputs.provider_id }),
};

const record: Step<Inputs> = {
  name: 'record-desired-state',
  async execute(run) {
    const id = resourceId('digitalocean', 'droplet', run.inputs.provider_id);
    const { saga, now } = run;
    return {
      done: { resource_id: id },
      record: async (tx) => {
        await recordSpec(tx, {
          resource: { resource_id: id, provider: 'digitalocean', kind: 'droplet', provider_id: run.inputs.provider_id },
          owner: { deployment_id: saga.deploymentId, tenant_id: saga.tenantId },
          // A reversal restores what was wanted when it was asked for; what is wanted by now stands.
          spec: saga.driftId === null ? (before) => ({ ...before, size_slug: run.inputs.size_slug }) : undefined,
          sagaId: saga.id,
          now,
        });
      },
    };
  },
};

export const resizeDropletSteps: Step<Inputs>[] = [check, powerOff, resize, powerOn, record];

const isAlreadyThatSize = (run: Run): boolean =>
  run.context['former_size'] === run.inputs.size_slug && !run.inputs.disk;

async function resizeTo(run: Run, size: string, key: string) {
  const result = await commandDroplet(run, {
    key,
    dropletId: run.inputs.provider_id,
    command: { type: 'resize', size, disk: run.inputs.disk },
    // Of the right size, but resized without its disk, it still has a disk to grow.
    isSatisfied: (droplet) =>
      droplet.sizeSlug === size && (!run.inputs.disk || droplet.diskGb >= Number(run.context['disk_gb'] ?? 0)),
  });
  if ('outcome' in result) return result.outcome;
  if (!result.isCarriedOut)
    throw new StepFailure(`The provider says it has resized droplet ${run.inputs.provider_id}, but it has not.`);
  return { done: {} };
}

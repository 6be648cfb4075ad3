import { provisioning, refuse, resourceId } from '@arcadia/contracts';
import type { z } from 'zod';
import { resizeProblems } from '../../domain/sagas/droplet-problems.ts';
import { recordSpec } from '../../specs/record-spec.ts';
import { findDeployment } from '../../store/deployments/deployments.ts';
import { findDroplet } from '../../store/resources/deployment-droplets.ts';
import { notConfirmed } from '../actions/deployment-droplets.ts';
import { commandDroplet } from '../actions/droplet-command.ts';
import { switchOff, switchOn } from '../actions/droplet-power.ts';
import { assertMayWrite } from '../actions/write-permission.ts';
import { defineSaga, withQuote } from '../define-saga.ts';
import { type Step, StepFailure, type StepRun } from '../step.ts';

const inputs = provisioning.sagaInputs.resize_droplet;
type Inputs = z.output<typeof inputs>;
type Run = StepRun<Inputs>;

/** Switches a droplet off, resizes it, and switches it on again if it was on. */
export const resizeDroplet = withQuote(
  defineSaga({
    kind: 'resize_droplet',
    inputs,
    stored: inputs,
    async prepare(db, given) {
      const id = resourceId('digitalocean', 'droplet', given.provider_id);
      const known = await findDroplet(db, id);
      if (known !== null && !known.is_present) {
        return refuse('not-found', `Droplet ${given.provider_id} was deleted.`);
      }
      const name = known?.name ?? given.provider_id;
      if (given.confirm !== name) {
        return notConfirmed(`A resize interrupts the droplet. Give confirm: the name of the droplet, ${name}.`);
      }
      const deploymentId = known?.deployment_id ?? given.deployment_id ?? null;
      const deployment = deploymentId === null ? null : await findDeployment(db, deploymentId, null);
      const worksOn = deployment === null ? `resource:${id}` : `deployment:${deployment.deployment_id}`;
      return { inputs: given, deployment, resourceId: id, worksOn };
    },
    steps: () => [check, powerOff, resize, powerOn, record],
  }),
  {
    inputs: inputs.partial({ confirm: true }),
    async problems(provider, given, sizes) {
      const droplet = await provider.droplet(given.provider_id);
      return droplet === null
        ? [`There is no droplet ${given.provider_id}.`]
        : resizeProblems(given, droplet, { sizes });
    },
  },
);

const check: Step<Inputs> = {
  name: 'check-request',
  async execute(run) {
    assertMayWrite(run);
    const droplet = await run.provider.droplet(run.inputs.provider_id);
    if (droplet === null) throw new StepFailure(`There is no droplet ${run.inputs.provider_id} at the provider.`);
    const sizes = await run.provider.sizes();
    const problems = resizeProblems(run.inputs, droplet, { sizes });
    if (problems.length > 0) throw new StepFailure(problems.join(' '));
    const diskGb = sizes.find(({ slug }) => slug === run.inputs.size_slug)?.diskGb ?? 0;
    return { done: { was_on: droplet.status === 'active', former_size: droplet.sizeSlug, disk_gb: diskGb } };
  },
  // Covers a step that failed after it had switched the droplet off: a resize that failed leaves no droplet off.
  compensate: (run) => onAsBefore(run, 'undo'),
};

/** Switches the droplet on if it was on when the saga began. */
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
    if (run.inputs.disk)
      throw new StepFailure('The disk was grown and does not shrink, so the droplet keeps its new size.');
    return resizeTo(run, String(run.context['former_size']), 'undo_resize');
  },
};

const powerOn: Step<Inputs> = {
  name: 'power-on',
  execute: (run) => onAsBefore(run, 'power_on'),
  // The compensation of the resize needs the droplet off.
  compensate: (run) => switchOff(run, { key: 'undo_power_on', dropletId: run.inputs.provider_id }),
};

const record: Step<Inputs> = {
  name: 'record-desired-state',
  async execute(run) {
    const id = resourceId('digitalocean', 'droplet', run.inputs.provider_id);
    const { saga, now } = run;
    return {
      done: { resource_id: id },
      async record(tx) {
        await recordSpec(tx, {
          resource: { resource_id: id, provider: 'digitalocean', kind: 'droplet', provider_id: run.inputs.provider_id },
          owner: { deployment_id: saga.deploymentId, tenant_id: saga.tenantId },
          // The reversal of a drift restores the actual state and leaves the desired state as it is.
          spec: saga.driftId === null ? (before) => ({ ...before, size_slug: run.inputs.size_slug }) : undefined,
          sagaId: saga.id,
          now,
        });
      },
    };
  },
};

const isAlreadyThatSize = (run: Run): boolean =>
  run.context['former_size'] === run.inputs.size_slug && !run.inputs.disk;

async function resizeTo(run: Run, size: string, key: string) {
  const result = await commandDroplet(run, {
    key,
    dropletId: run.inputs.provider_id,
    command: { type: 'resize', size, disk: run.inputs.disk },
    // A droplet that was resized without its disk has the right size, but still a disk to grow.
    isSatisfied: (droplet) =>
      droplet.sizeSlug === size && (!run.inputs.disk || droplet.diskGb >= Number(run.context['disk_gb'] ?? 0)),
  });
  if ('outcome' in result) return result.outcome;
  if (!result.isCarriedOut) {
    throw new StepFailure(
      `The provider completed the resize of droplet ${run.inputs.provider_id}, but its size or disk did not change.`,
    );
  }
  return { done: {} };
}

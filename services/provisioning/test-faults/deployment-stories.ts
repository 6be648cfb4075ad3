import { provisioning } from '@arcadia/contracts';
import { expect } from 'vitest';
import type { Stage } from './stage.ts';
import { cancelAt, cancelled, type Story, stateOf, statesOf, untouched } from './story.ts';
import { volumeOf } from './world.ts';

const suspended: Story = {
  name: 'suspend a deployment',
  async prepare(stage) {
    const { deploymentId, slug, droplets } = await stage.newDeployment(2);
    return {
      start: () => stage.start('suspend', { deployment_id: deploymentId, confirm: slug }),
      async verify(saga, traces) {
        expect(saga.status).toBe('completed');
        expect(traces).toEqual(untouched);
        for (const id of droplets) expect(stage.actionsOn(id)).toEqual(['shutdown']);
        expect(await statesOf(stage, deploymentId)).toEqual(['active', 'suspended']);
      },
    };
  },
};

/** The last step fails, so all steps before it are undone. */
const unwantedSuspension: Story = {
  name: 'suspend a deployment that its tenant pauses meanwhile',
  async prepare(stage) {
    const { deploymentId, slug, droplets } = await stage.newDeployment(2);
    return {
      start: () => stage.start('suspend', { deployment_id: deploymentId, confirm: slug }),
      meanwhile: {
        at: 'saga.suspend.1.',
        act: () => stage.reply(provisioning.transitionDeployment, { deployment_id: deploymentId, to: 'paused' }),
      },
      async verify(saga, traces) {
        expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:mark-suspended' } });
        expect(traces).toEqual(untouched);
        for (const id of droplets) expect(stage.actionsOn(id)).toEqual(['shutdown', 'power_on']);
        expect(await statesOf(stage, deploymentId)).toEqual(['active', 'paused']);
      },
    };
  },
};

/** A deployment whose only droplet was switched off by a suspension. */
async function suspendedDeployment(stage: Stage) {
  const { deploymentId, slug, droplets } = await stage.newDeployment(1);
  await stage.run(
    () => stage.start('suspend', { deployment_id: deploymentId, confirm: slug }),
    () => 'continue',
  );
  return { deploymentId, id: droplets[0] ?? '' };
}

const resumed: Story = {
  name: 'resume a deployment',
  async prepare(stage) {
    const { deploymentId, id } = await suspendedDeployment(stage);
    return {
      start: () => stage.start('resume', { deployment_id: deploymentId }),
      async verify(saga, traces) {
        expect(saga.status).toBe('completed');
        expect(traces).toEqual(untouched);
        expect(stage.actionsOn(id)).toEqual(['shutdown', 'power_on']);
        expect(await stateOf(stage, deploymentId)).toBe('active');
      },
    };
  },
};

const unwantedResumption: Story = {
  name: 'resume a deployment that is cancelled meanwhile',
  async prepare(stage) {
    const { deploymentId, id } = await suspendedDeployment(stage);
    return {
      start: () => stage.start('resume', { deployment_id: deploymentId }),
      meanwhile: {
        at: 'saga.resume.1.',
        act: () => stage.reply(provisioning.transitionDeployment, { deployment_id: deploymentId, to: 'cancelled' }),
      },
      async verify(saga, traces) {
        expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:mark-active' } });
        expect(traces).toEqual(untouched);
        expect(stage.actionsOn(id)).toEqual(['shutdown', 'power_on', 'shutdown']);
        expect(await stateOf(stage, deploymentId)).toBe('cancelled');
      },
    };
  },
};

async function offboardingOf(stage: Stage) {
  const { deploymentId, slug, droplets } = await stage.newDeployment(1);
  const id = droplets[0] ?? '';
  const chosen = { volumes: [volumeOf(id)] };
  const inputs = { deployment_id: deploymentId, confirm: slug, final_snapshot: true, delete_with: chosen };
  return { deploymentId, id, start: () => stage.start('offboard', inputs) };
}

const offboarded: Story = {
  name: 'offboard a deployment with a final snapshot',
  async prepare(stage) {
    const { deploymentId, id, start } = await offboardingOf(stage);
    return {
      start,
      async verify(saga, traces) {
        expect(saga.status).toBe('completed');
        const snapshot = `snapshot ${String(saga.context[`snapshot_of:${id}`])}`;
        expect(traces.gone.toSorted()).toEqual([`droplet ${id}`, `volume ${volumeOf(id)}`]);
        expect(traces).toMatchObject({ made: 1, left: [snapshot] });
        expect(stage.actionsOn(id)).toEqual(['snapshot', 'destroy']);
        expect(await statesOf(stage, deploymentId)).toEqual(['active', 'cancelled', 'archived']);
      },
    };
  },
};

const cancelledOffboarding: Story = {
  name: 'offboard a deployment, cancelled before anything is deleted',
  async prepare(stage) {
    const { deploymentId, id, start } = await offboardingOf(stage);
    return {
      start,
      meanwhile: cancelAt(stage, 'saga.offboard.1.'),
      async verify(saga, traces) {
        expect(saga).toMatchObject(cancelled);
        expect(traces).toEqual({ made: 1, left: [], gone: [] });
        expect(stage.actionsOn(id)).toEqual(['snapshot']);
        expect(await stateOf(stage, deploymentId)).toBe('active');
      },
    };
  },
};

/** Every story about the droplets of a deployment; the long ones first. */
export const deploymentStories: readonly Story[] = [
  unwantedSuspension,
  unwantedResumption,
  suspended,
  offboarded,
  cancelledOffboarding,
  resumed,
];

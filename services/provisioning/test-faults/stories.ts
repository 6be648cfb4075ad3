import { drift, provisioning } from '@arcadia/contracts';
import { eventually } from '@arcadia/testkit';
import { expect } from 'vitest';
import { nameOf, resourceOf, type Saga, type Stage, type Traces } from './stage.ts';
import { type Fault, volumeOf } from './world.ts';

/** A saga that is being told once: how it is started, what happens on the way, and what must be so in the end. */
export type Telling = {
  start(): Promise<string>;
  /** What somebody else does when the saga first comes to a point that begins like this. */
  meanwhile?: { at: string; act(sagaId: string): Promise<unknown> };
  verify(saga: Saga, traces: Traces): Promise<void>;
};

/** One saga to be killed at every point. */
export type Story = { name: string; faults?: Fault[]; tell(stage: Stage): Promise<Telling> };

const worker = { name: 'worker', region: 'syd1', size_slug: 's-1vcpu-1gb', image: 'ubuntu-24-04-x64' };
const bigger = 's-1vcpu-2gb';
const untouched: Traces = { made: 0, left: [], gone: [] };

const statusesOf = (saga: Saga) => saga.steps.map(({ status }) => status);
const cancelled = { status: 'rolled_back', error: { reason: 'cancelled' } };
const cancelAt = (stage: Stage, at: string) => ({
  at,
  act: (sagaId: string) => stage.get(provisioning.cancelSaga, { saga_id: sagaId }),
});
const stateOf = async (stage: Stage, deploymentId: string) =>
  (await stage.get(provisioning.getDeployment, { deployment_id: deploymentId })).state;
const statesOf = async (stage: Stage, deploymentId: string) => {
  const { items } = await stage.get(provisioning.listDeploymentEvents, { deployment_id: deploymentId });
  return items.map(({ state }) => state).toReversed();
};

/** The teaching sagas are told alike. */
const teaching = (kind: 'echo' | 'fail'): Story => ({
  name: `echo, echo, fail (${kind})`,
  tell: async (stage) => ({
    start: () => stage.start(kind, {}),
    verify: async (saga) => {
      expect(saga.status).toBe('rolled_back');
      expect(statusesOf(saga)).toEqual(['compensated', 'compensated', 'failed']);
      expect(saga.error).toEqual({ compensate_from_idx: 1, reason: 'step_failed:fail' });
    },
  }),
});

/** What a provision leaves: one droplet, made once, and working. */
async function verifyProvisioned(stage: Stage, saga: Saga, traces: Traces): Promise<void> {
  expect(saga.status).toBe('completed');
  const id = String(saga.context['droplet_id']);
  expect(traces).toEqual({ made: 1, left: [`droplet ${id}`], gone: [] });
  expect((await stage.madeBy(saga.saga_id)).map(({ id: made, status }) => [String(made), status])).toEqual([
    [id, 'active'],
  ]);
  expect(stage.doneTo(id)).toEqual(['create']);
  const specs = (await stage.publishedEvents(provisioning.resourceProvisioned)).filter(
    ({ saga_id }) => saga_id === saga.saga_id,
  );
  expect(specs).toMatchObject([{ provider_id: id, spec: { size_slug: worker.size_slug } }]);
}

/** What an undone provision leaves: nothing, and what was made was made once. */
async function verifyUndone(stage: Stage, saga: Saga, traces: Traces): Promise<void> {
  const id = String(saga.context['droplet_id']);
  expect(traces).toEqual({ made: 1, left: [], gone: [] });
  expect(await stage.madeBy(saga.saga_id)).toEqual([]);
  expect(stage.doneTo(id)).toEqual(['create', 'destroy']);
  const specs = await stage.publishedEvents(provisioning.resourceProvisioned);
  expect(specs.filter(({ saga_id }) => saga_id === saga.saga_id)).toEqual([]);
}

const provisioned: Story = {
  name: 'provision a droplet',
  tell: async (stage) => ({
    start: () => stage.start('provision_droplet', worker),
    verify: (saga, traces) => verifyProvisioned(stage, saga, traces),
  }),
};

const answered500: Story = {
  name: 'provision a droplet at a provider that makes it and answers 500',
  faults: [{ kind: '500-after-effect', match: { method: 'POST', path: '^/v2/droplets$' } }],
  tell: provisioned.tell,
};

const notHandedOver: Story = {
  name: 'provision a droplet, and fail to hand it over',
  tell: async (stage) => ({
    start: () =>
      stage.start('provision_droplet', { ...worker, provider_project_id: '00000000-0000-4000-8000-000000000000' }),
    async verify(saga, traces) {
      expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:assign-to-project' } });
      await verifyUndone(stage, saga, traces);
    },
  }),
};

const cancelledProvision: Story = {
  name: 'provision a droplet, cancelled while it starts',
  tell: async (stage) => ({
    start: () => stage.start('provision_droplet', worker),
    meanwhile: cancelAt(stage, 'saga.provision_droplet.3.'),
    async verify(saga, traces) {
      expect(saga).toMatchObject(cancelled);
      await verifyUndone(stage, saga, traces);
    },
  }),
};

async function resizeOf(stage: Stage, given: { disk: boolean }) {
  const { droplets } = await stage.newDeployment(1);
  const id = droplets[0] ?? '';
  const inputs = { provider_id: id, size_slug: bigger, confirm: nameOf(id), ...given };
  return { id, start: () => stage.start('resize_droplet', inputs) };
}

const resized: Story = {
  name: 'resize a droplet',
  async tell(stage) {
    const { id, start } = await resizeOf(stage, { disk: false });
    return {
      start,
      async verify(saga, traces) {
        expect(saga.status).toBe('completed');
        expect(traces).toEqual(untouched);
        expect(await stage.dropletStatus(id)).toBe(`${bigger} active`);
        expect(stage.doneTo(id)).toEqual(['shutdown', 'resize', 'power_on']);
      },
    };
  },
};

const cancelledResize: Story = {
  name: 'resize a droplet, cancelled before its last step',
  async tell(stage) {
    const { id, start } = await resizeOf(stage, { disk: false });
    return {
      start,
      meanwhile: cancelAt(stage, 'saga.resize_droplet.3.'),
      async verify(saga, traces) {
        expect(saga).toMatchObject(cancelled);
        expect(traces).toEqual(untouched);
        expect(await stage.dropletStatus(id)).toBe('s-1vcpu-1gb active');
        expect(stage.doneTo(id)).toEqual(['shutdown', 'resize', 'power_on', 'shutdown', 'resize', 'power_on']);
      },
    };
  },
};

const irreversibleResize: Story = {
  name: 'resize a droplet with its disk, cancelled too late to shrink it',
  async tell(stage) {
    const { id, start } = await resizeOf(stage, { disk: true });
    return {
      start,
      meanwhile: cancelAt(stage, 'saga.resize_droplet.3.'),
      async verify(saga, traces) {
        expect(saga).toMatchObject({ status: 'failed', error: { reason: 'cancelled' } });
        expect(statusesOf(saga)).toEqual(['compensated', 'compensated', 'completed', 'compensated', 'pending']);
        expect(saga.ledger[2]?.compensation_error).toMatch(/does not shrink/);
        expect(traces).toEqual(untouched);
        expect(await stage.dropletStatus(id)).toBe(`${bigger} active`);
        expect(stage.doneTo(id)).toEqual(['shutdown', 'resize', 'power_on', 'shutdown', 'power_on']);
      },
    };
  },
};

async function revertOf(stage: Stage) {
  const { droplets } = await stage.newDeployment(1);
  const id = droplets[0] ?? '';
  const resource_id = resourceOf(id);
  await stage.get(provisioning.setDesiredState, { resource_id, spec: { size_slug: bigger } });
  const drift_id = crypto.randomUUID();
  const asked = { drift_id, resource_id, deployment_id: null, tenant_id: null, kind: 'field', request: 1 } as const;
  const start = async () => {
    await stage.publish(drift.driftRevertRequested, {
      ...asked,
      field: 'size_slug',
      expected: bigger,
      actual: 's-1vcpu-1gb',
      spec_version: 1,
      revision: 1,
      requested_by: 'op',
      requested_at: '2026-04-01T00:00:00Z',
    });
    return eventually('the saga begins', async () => {
      const { items } = await stage.get(provisioning.listSagas, { kind: 'resize_droplet' });
      return items.find((saga) => saga.drift_id === drift_id)?.saga_id;
    });
  };
  const replies = async () =>
    (await stage.publishedEvents(provisioning.resourceProvisioned)).filter(
      ({ in_reply_to: to }) => to?.drift_id === drift_id,
    );
  return { id, start, replies };
}

const reverted: Story = {
  name: 'revert a drift',
  async tell(stage) {
    const { id, start, replies } = await revertOf(stage);
    return {
      start,
      async verify(saga, traces) {
        expect(saga.status).toBe('completed');
        expect(traces).toEqual(untouched);
        expect(await stage.dropletStatus(id)).toBe(`${bigger} active`);
        expect(stage.doneTo(id)).toEqual(['shutdown', 'resize', 'power_on']);
        expect(await replies()).toMatchObject([{ spec_version: 1, in_reply_to: { outcome: 'reverted' } }]);
      },
    };
  },
};

const cancelledRevert: Story = {
  name: 'revert a drift, cancelled on the way',
  async tell(stage) {
    const { id, start, replies } = await revertOf(stage);
    return {
      start,
      meanwhile: cancelAt(stage, 'saga.resize_droplet.1.'),
      async verify(saga, traces) {
        expect(saga).toMatchObject(cancelled);
        expect(traces).toEqual(untouched);
        expect(await stage.dropletStatus(id)).toBe('s-1vcpu-1gb active');
        expect(stage.doneTo(id)).toEqual(['shutdown', 'power_on']);
        expect(await replies()).toMatchObject([{ spec_version: 1, in_reply_to: { outcome: 'refused' } }]);
      },
    };
  },
};

const suspended: Story = {
  name: 'suspend a deployment',
  async tell(stage) {
    const { deploymentId, slug, droplets } = await stage.newDeployment(2);
    return {
      start: () => stage.start('suspend', { deployment_id: deploymentId, confirm: slug }),
      async verify(saga, traces) {
        expect(saga.status).toBe('completed');
        expect(traces).toEqual(untouched);
        for (const id of droplets) expect(stage.doneTo(id)).toEqual(['shutdown']);
        expect(await statesOf(stage, deploymentId)).toEqual(['active', 'suspended']);
      },
    };
  },
};

/** The last step cannot be done, so that all before it are undone. */
const unwantedSuspension: Story = {
  name: 'suspend a deployment that its tenant pauses meanwhile',
  async tell(stage) {
    const { deploymentId, slug, droplets } = await stage.newDeployment(2);
    return {
      start: () => stage.start('suspend', { deployment_id: deploymentId, confirm: slug }),
      meanwhile: {
        at: 'saga.suspend.1.',
        act: () => stage.get(provisioning.transitionDeployment, { deployment_id: deploymentId, to: 'paused' }),
      },
      async verify(saga, traces) {
        expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:mark-suspended' } });
        expect(traces).toEqual(untouched);
        for (const id of droplets) expect(stage.doneTo(id)).toEqual(['shutdown', 'power_on']);
        expect(await statesOf(stage, deploymentId)).toEqual(['active', 'paused']);
      },
    };
  },
};

/** A deployment whose one droplet a suspension has switched off. */
async function suspendedDeployment(stage: Stage) {
  const { deploymentId, slug, droplets } = await stage.newDeployment(1);
  await stage.run(
    () => stage.start('suspend', { deployment_id: deploymentId, confirm: slug }),
    () => 'on',
  );
  return { deploymentId, id: droplets[0] ?? '' };
}

const resumed: Story = {
  name: 'resume a deployment',
  async tell(stage) {
    const { deploymentId, id } = await suspendedDeployment(stage);
    return {
      start: () => stage.start('resume', { deployment_id: deploymentId }),
      async verify(saga, traces) {
        expect(saga.status).toBe('completed');
        expect(traces).toEqual(untouched);
        expect(stage.doneTo(id)).toEqual(['shutdown', 'power_on']);
        expect(await stateOf(stage, deploymentId)).toBe('active');
      },
    };
  },
};

const unwantedResumption: Story = {
  name: 'resume a deployment that is cancelled meanwhile',
  async tell(stage) {
    const { deploymentId, id } = await suspendedDeployment(stage);
    return {
      start: () => stage.start('resume', { deployment_id: deploymentId }),
      meanwhile: {
        at: 'saga.resume.1.',
        act: () => stage.get(provisioning.transitionDeployment, { deployment_id: deploymentId, to: 'cancelled' }),
      },
      async verify(saga, traces) {
        expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:mark-active' } });
        expect(traces).toEqual(untouched);
        expect(stage.doneTo(id)).toEqual(['shutdown', 'power_on', 'shutdown']);
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
  async tell(stage) {
    const { deploymentId, id, start } = await offboardingOf(stage);
    return {
      start,
      async verify(saga, traces) {
        expect(saga.status).toBe('completed');
        const snapshot = `snapshot ${String(saga.context[`snapshot_of:${id}`])}`;
        expect(traces.gone.toSorted()).toEqual([`droplet ${id}`, `volume ${volumeOf(id)}`]);
        expect(traces).toMatchObject({ made: 1, left: [snapshot] });
        expect(stage.doneTo(id)).toEqual(['snapshot', 'destroy']);
        expect(await statesOf(stage, deploymentId)).toEqual(['active', 'cancelled', 'archived']);
      },
    };
  },
};

const cancelledOffboarding: Story = {
  name: 'offboard a deployment, cancelled before anything is deleted',
  async tell(stage) {
    const { deploymentId, id, start } = await offboardingOf(stage);
    return {
      start,
      meanwhile: cancelAt(stage, 'saga.offboard.1.'),
      async verify(saga, traces) {
        expect(saga).toMatchObject(cancelled);
        expect(traces).toEqual({ made: 1, left: [], gone: [] });
        expect(stage.doneTo(id)).toEqual(['snapshot']);
        expect(await stateOf(stage, deploymentId)).toBe('active');
      },
    };
  },
};

/** The long ones first, so that none is left running alone at the end. */
export const stories: readonly Story[] = [
  cancelledResize,
  irreversibleResize,
  unwantedSuspension,
  resized,
  reverted,
  unwantedResumption,
  suspended,
  offboarded,
  cancelledRevert,
  cancelledOffboarding,
  answered500,
  notHandedOver,
  cancelledProvision,
  resumed,
  provisioned,
  teaching('echo'),
  teaching('fail'),
];

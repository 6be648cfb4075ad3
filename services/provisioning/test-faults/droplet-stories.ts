import { drift, provisioning } from '@arcadia/contracts';
import { eventually } from '@arcadia/testkit';
import { expect } from 'vitest';
import { nameOf, resourceOf, type Saga, type Stage, type Traces } from './stage.ts';
import { bigger, cancelAt, cancelled, type Story, statusesOf, untouched, worker } from './story.ts';

/** A provision leaves one droplet, created once, and active. */
async function verifyProvisioned(stage: Stage, saga: Saga, traces: Traces): Promise<void> {
  expect(saga.status).toBe('completed');
  const id = String(saga.context['droplet_id']);
  expect(traces).toEqual({ made: 1, left: [`droplet ${id}`], gone: [] });
  expect((await stage.createdBy(saga.saga_id)).map(({ id: made, status }) => [String(made), status])).toEqual([
    [id, 'active'],
  ]);
  expect(stage.actionsOn(id)).toEqual(['create']);
  const specs = (await stage.publishedEvents(provisioning.resourceProvisioned)).filter(
    ({ saga_id }) => saga_id === saga.saga_id,
  );
  expect(specs).toMatchObject([{ provider_id: id, spec: { size_slug: worker.size_slug } }]);
}

/** An undone provision leaves nothing, and it created the droplet once. */
async function verifyUndone(stage: Stage, saga: Saga, traces: Traces): Promise<void> {
  const id = String(saga.context['droplet_id']);
  expect(traces).toEqual({ made: 1, left: [], gone: [] });
  expect(await stage.createdBy(saga.saga_id)).toEqual([]);
  expect(stage.actionsOn(id)).toEqual(['create', 'destroy']);
  const specs = await stage.publishedEvents(provisioning.resourceProvisioned);
  expect(specs.filter(({ saga_id }) => saga_id === saga.saga_id)).toEqual([]);
}

const provisioned: Story = {
  name: 'provision a droplet',
  prepare: async (stage) => ({
    start: () => stage.start('provision_droplet', worker),
    verify: (saga, traces) => verifyProvisioned(stage, saga, traces),
  }),
};

const answered500: Story = {
  name: 'provision a droplet at a provider that creates it and answers 500',
  faults: [{ kind: '500-after-effect', match: { method: 'POST', path: '^/v2/droplets$' } }],
  prepare: provisioned.prepare,
};

const notHandedOver: Story = {
  name: 'provision a droplet, and fail to hand it over',
  prepare: async (stage) => ({
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
  prepare: async (stage) => ({
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
  async prepare(stage) {
    const { id, start } = await resizeOf(stage, { disk: false });
    return {
      start,
      async verify(saga, traces) {
        expect(saga.status).toBe('completed');
        expect(traces).toEqual(untouched);
        expect(await stage.dropletStatus(id)).toBe(`${bigger} active`);
        expect(stage.actionsOn(id)).toEqual(['shutdown', 'resize', 'power_on']);
      },
    };
  },
};

const cancelledResize: Story = {
  name: 'resize a droplet, cancelled before its last step',
  async prepare(stage) {
    const { id, start } = await resizeOf(stage, { disk: false });
    return {
      start,
      meanwhile: cancelAt(stage, 'saga.resize_droplet.3.'),
      async verify(saga, traces) {
        expect(saga).toMatchObject(cancelled);
        expect(traces).toEqual(untouched);
        expect(await stage.dropletStatus(id)).toBe('s-1vcpu-1gb active');
        expect(stage.actionsOn(id)).toEqual(['shutdown', 'resize', 'power_on', 'shutdown', 'resize', 'power_on']);
      },
    };
  },
};

const irreversibleResize: Story = {
  name: 'resize a droplet with its disk, cancelled too late to shrink it',
  async prepare(stage) {
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
        expect(stage.actionsOn(id)).toEqual(['shutdown', 'resize', 'power_on', 'shutdown', 'power_on']);
      },
    };
  },
};

async function revertOf(stage: Stage) {
  const { droplets } = await stage.newDeployment(1);
  const id = droplets[0] ?? '';
  const resource_id = resourceOf(id);
  await stage.reply(provisioning.setDesiredState, { resource_id, spec: { size_slug: bigger } });
  const drift_id = crypto.randomUUID();
  const request = { drift_id, resource_id, deployment_id: null, tenant_id: null, kind: 'field', request: 1 } as const;
  const start = async () => {
    await stage.publish(drift.driftRevertRequested, {
      ...request,
      field: 'size_slug',
      expected: bigger,
      actual: 's-1vcpu-1gb',
      spec_version: 1,
      revision: 1,
      requested_by: 'op',
      requested_at: '2026-04-01T00:00:00Z',
    });
    return eventually('the saga begins', async () => {
      const { items } = await stage.reply(provisioning.listSagas, { kind: 'resize_droplet' });
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
  async prepare(stage) {
    const { id, start, replies } = await revertOf(stage);
    return {
      start,
      async verify(saga, traces) {
        expect(saga.status).toBe('completed');
        expect(traces).toEqual(untouched);
        expect(await stage.dropletStatus(id)).toBe(`${bigger} active`);
        expect(stage.actionsOn(id)).toEqual(['shutdown', 'resize', 'power_on']);
        expect(await replies()).toMatchObject([{ spec_version: 1, in_reply_to: { outcome: 'reverted' } }]);
      },
    };
  },
};

const cancelledRevert: Story = {
  name: 'revert a drift, cancelled on the way',
  async prepare(stage) {
    const { id, start, replies } = await revertOf(stage);
    return {
      start,
      meanwhile: cancelAt(stage, 'saga.resize_droplet.1.'),
      async verify(saga, traces) {
        expect(saga).toMatchObject(cancelled);
        expect(traces).toEqual(untouched);
        expect(await stage.dropletStatus(id)).toBe('s-1vcpu-1gb active');
        expect(stage.actionsOn(id)).toEqual(['shutdown', 'power_on']);
        expect(await replies()).toMatchObject([{ spec_version: 1, in_reply_to: { outcome: 'refused' } }]);
      },
    };
  },
};

/** Every story about one droplet; the long ones first. */
export const dropletStories: readonly Story[] = [
  cancelledResize,
  irreversibleResize,
  resized,
  reverted,
  cancelledRevert,
  answered500,
  notHandedOver,
  cancelledProvision,
  provisioned,
];

import { provisioning } from '@arcadia/contracts';
import { eventually } from '@arcadia/testkit';
import { describe, expect, it } from 'vitest';
import { openStage, type Saga, type Stage } from './stage.ts';

/** One saga to be killed at every point: how it is started, and what must be so in the end. */
type Story = {
  name: string;
  start(stage: Stage): Promise<{ kind: provisioning.SagaKind; inputs: object; verify: (saga: Saga) => Promise<void> }>;
};

const worker = { name: 'worker', region: 'syd1', size_slug: 's-1vcpu-1gb', image: 'ubuntu-24-04-x64' };

const echo: Story = {
  name: 'echo, echo, fail',
  start: async () => ({
    kind: 'echo',
    inputs: {},
    verify: async (saga) => {
      expect(saga.status).toBe('rolled_back');
      expect(saga.steps.map(({ status }) => status)).toEqual(['compensated', 'compensated', 'failed']);
      expect(saga.error).toEqual({ compensate_from_idx: 1, reason: 'step_failed:fail' });
    },
  }),
};

const provision: Story = {
  name: 'provision a droplet',
  start: async (stage) => ({
    kind: 'provision_droplet',
    inputs: worker,
    verify: async (saga) => {
      expect(saga.status).toBe('completed');
      const made = await stage.madeBy(saga.saga_id);
      expect(made.map(({ id, status }) => [String(id), status])).toEqual([[saga.context['droplet_id'], 'active']]);
      expect(stage.doneTo(String(saga.context['droplet_id']))).toEqual(['create']);
    },
  }),
};

const failedProvision: Story = {
  name: 'provision a droplet, and fail to hand it over',
  start: async (stage) => ({
    kind: 'provision_droplet',
    inputs: { ...worker, provider_project_id: '00000000-0000-4000-8000-000000000000' },
    verify: async (saga) => {
      expect(saga).toMatchObject({ status: 'rolled_back', error: { reason: 'step_failed:assign-to-project' } });
      expect(await stage.madeBy(saga.saga_id)).toEqual([]);
      expect(stage.doneTo(String(saga.context['droplet_id']))).toEqual(['create', 'destroy']);
    },
  }),
};

const resize: Story = {
  name: 'resize a droplet',
  async start(stage) {
    const { droplets } = await stage.newDeployment(1);
    const id = String(droplets[0]);
    return {
      kind: 'resize_droplet',
      inputs: { provider_id: id, size_slug: 's-1vcpu-2gb', confirm: `web-${Number(id) - 1_000}` },
      verify: async (saga) => {
        expect(saga.status).toBe('completed');
        expect(await stage.dropletStatus(id)).toBe('s-1vcpu-2gb active');
        expect(stage.doneTo(id)).toEqual(['shutdown', 'resize', 'power_on']);
      },
    };
  },
};

const suspend: Story = {
  name: 'suspend a deployment',
  async start(stage) {
    const { deploymentId, slug, droplets } = await stage.newDeployment(2);
    return {
      kind: 'suspend',
      inputs: { deployment_id: deploymentId, confirm: slug },
      verify: async (saga) => {
        expect(saga.status).toBe('completed');
        for (const id of droplets) expect(stage.doneTo(String(id))).toEqual(['shutdown']);
        expect((await stage.get(provisioning.getDeployment, { deployment_id: deploymentId })).state).toBe('suspended');
        const { items } = await stage.get(provisioning.listDeploymentEvents, { deployment_id: deploymentId });
        expect(items.map(({ state }) => state)).toEqual(['suspended', 'active']);
      },
    };
  },
};

const cancelledSuspend: Story = {
  name: 'suspend a deployment, cancelled at once',
  async start(stage) {
    const { deploymentId, slug, droplets } = await stage.newDeployment(1);
    return {
      kind: 'suspend',
      inputs: { deployment_id: deploymentId, confirm: slug },
      verify: async (saga) => {
        expect(['completed', 'rolled_back']).toContain(saga.status);
        for (const id of droplets) {
          expect(stage.doneTo(String(id))).toEqual(
            saga.status === 'completed'
              ? ['shutdown']
              : saga.context[`undo_power_off:${id}`] === undefined
                ? []
                : ['shutdown', 'power_on'],
          );
        }
      },
    };
  },
};

const resume: Story = {
  name: 'resume a deployment',
  async start(stage) {
    const { deploymentId, slug, droplets } = await stage.newDeployment(1);
    await stage.run('suspend', { deployment_id: deploymentId, confirm: slug }, () => 'on');
    return {
      kind: 'resume',
      inputs: { deployment_id: deploymentId },
      verify: async (saga) => {
        expect(saga.status).toBe('completed');
        for (const id of droplets) expect(stage.doneTo(String(id))).toEqual(['shutdown', 'power_on']);
      },
    };
  },
};

const offboard: Story = {
  name: 'offboard a deployment with a final snapshot',
  async start(stage) {
    const { deploymentId, slug, droplets } = await stage.newDeployment(1);
    return {
      kind: 'offboard',
      inputs: { deployment_id: deploymentId, confirm: slug, final_snapshot: true },
      verify: async (saga) => {
        expect(saga.status).toBe('completed');
        for (const id of droplets) expect(stage.doneTo(String(id))).toEqual(['snapshot', 'destroy']);
        expect((await stage.get(provisioning.getDeployment, { deployment_id: deploymentId })).state).toBe('archived');
      },
    };
  },
};

/** What holds for every saga, however often its workers died. */
async function verifyLedger(stage: Stage, saga: Saga): Promise<void> {
  const revisions = await eventually('everything is said', async () => {
    const said = await stage.revisionsOf(saga.saga_id);
    return said.length > 0 ? said : null;
  });
  expect(revisions).toEqual(revisions.map((_, index) => index + 1));
  for (const step of saga.ledger) {
    expect(step.attempts.filter(({ outcome }) => outcome === 'running')).toEqual([]);
    expect(
      step.attempts.filter(({ outcome, direction }) => outcome === 'completed' && direction === 'forward').length,
    ).toBeLessThan(2);
  }
}

async function cancelAll(stage: Stage, story: Story): Promise<void> {
  if (story !== cancelledSuspend) return;
  for (const status of ['pending', 'running'] as const) {
    const { items } = await stage.get(provisioning.listSagas, { status });
    for (const { saga_id } of items) await stage.get(provisioning.cancelSaga, { saga_id }).catch(() => undefined);
  }
}

/** Runs a story once, killing the replica that comes to a point for the nth time. True when it came to that. */
async function runOnce(
  stage: Stage,
  story: Story,
  kill: { point: string; nth: number } | null,
  seen?: string[],
): Promise<boolean> {
  const { kind, inputs, verify } = await story.start(stage);
  let hits = 0;
  let isKilled = false;
  let isCancelAsked = false;
  const saga = await stage.run(kind, inputs, (point) => {
    seen?.push(point);
    if (!isCancelAsked) {
      isCancelAsked = true;
      void cancelAll(stage, story);
    }
    if (point !== kill?.point) return 'on';
    hits += 1;
    if (hits !== kill.nth) return 'on';
    isKilled = true;
    return 'kill';
  });
  await verify(saga);
  await verifyLedger(stage, saga);
  return isKilled;
}

/** Every point a run without deaths has come to, each time it came there. */
async function killPoints(stage: Stage, story: Story): Promise<{ point: string; nth: number }[]> {
  const seen: string[] = [];
  await runOnce(stage, story, null, seen);
  return seen.map((point, index) => ({
    point,
    nth: seen.slice(0, index + 1).filter((other) => other === point).length,
  }));
}

const stories = [echo, provision, failedProvision, resize, suspend, cancelledSuspend, resume, offboard];

describe.concurrent('a replica killed at any point of a saga is taken over, and nothing is done twice:', () => {
  for (const story of stories) {
    it(`${story.name}`, { timeout: 1_800_000 }, async () => {
      await using stage = await openStage();
      const points = await killPoints(stage, story);
      let killed = 0;
      for (const kill of points) {
        try {
          if (await runOnce(stage, story, kill)) killed += 1;
        } catch (cause) {
          throw new Error(`${story.name}, killed at ${kill.point} for the ${kill.nth}. time`, { cause });
        }
      }
      expect(killed).toBeGreaterThan(points.length / 2);
      console.log(`${story.name}: ${killed} of ${points.length} kill points`);
    });
  }
});

import { provisioning, refuse, resourceId } from '@arcadia/contracts';
import type { Kysely, Transaction } from 'kysely';
import type { z } from 'zod';
import { type AddedResource, findExceededCap } from '../../caps/find-exceeded-cap.ts';
import { noSuchDeployment } from '../../deployments/no-such-deployment.ts';
import { type Deployment, deploymentTag } from '../../domain/deployments/deployment.ts';
import { provisionProblems } from '../../domain/sagas/droplet-problems.ts';
import { pollDelayMs, sagaTag } from '../../domain/sagas/saga.ts';
import { recordSpec } from '../../specs/record-spec.ts';
import { findDeployment, lockDeployment } from '../../store/deployments/deployments.ts';
import { unfinishedSagaOf } from '../../store/sagas/sagas.ts';
import type { Tables } from '../../store/schema.ts';
import { sagaAtWork } from '../actions/deployment-droplets.ts';
import { assertMayWrite } from '../actions/write-permission.ts';
import { defineSaga, type StartRefusal, withQuote } from '../define-saga.ts';
import { type Step, StepFailure, type StepRun } from '../step.ts';

const inputs = provisioning.sagaInputs.provision_droplet;
type Inputs = z.output<typeof inputs>;
type Run = StepRun<Inputs>;

/** Creates a droplet, waits until it is active, and only then hands it over to its deployment. */
export const provisionDroplet = withQuote(
  defineSaga({
    kind: 'provision_droplet',
    inputs,
    stored: inputs,
    async prepare(db, given, now) {
      const prepared = { inputs: given, deployment: null, resourceId: null, worksOn: null };
      if (given.deployment_id === undefined) return prepared;
      const deployment = await lockDeployment(db, given.deployment_id, null);
      if (deployment === null) return noSuchDeployment();
      const refusal = await refusalOf(db, deployment);
      if (refusal !== null) return refusal;
      const exceeded = await findExceededCap(db, {
        ...cappedBy(given),
        deploymentId: given.deployment_id,
        startedBefore: null,
        now,
      });
      if (exceeded !== null) return refuse('hard-cap-exceeded', exceeded.detail, exceeded.facts);
      return { ...prepared, deployment };
    },
    steps: () => [check, reserveTag, create, waitActive, assign, record],
  }),
  {
    inputs,
    async refusal(db, { deployment_id }) {
      if (deployment_id === undefined) return null;
      const deployment = await findDeployment(db, deployment_id, null);
      return deployment === null ? noSuchDeployment() : refusalOf(db, deployment);
    },
    capped: ({ deployment_id, ...given }) =>
      deployment_id === undefined ? undefined : { deploymentId: deployment_id, ...cappedBy(given) },
    problems: async (provider, given, sizes) =>
      provisionProblems(given, { sizes, regions: await provider.regions(), image: await provider.image(given.image) }),
  },
);

/** Why a deployment gets no new droplets now; null: it gets them. */
const refusalOf = async (
  db: Kysely<Tables> | Transaction<Tables>,
  { deployment_id, state }: Pick<Deployment, 'deployment_id' | 'state'>,
): Promise<StartRefusal | null> => {
  const stopping = await unfinishedSagaOf(db, deployment_id, ['suspend', 'offboard']);
  if (stopping !== null) return sagaAtWork(stopping);
  if (['trial', 'active'].includes(state)) return null;
  return refuse('conflict', `A deployment that is ${state} gets no new droplets.`);
};

/** The droplet as it will count towards a cap. */
const cappedBy = ({ size_slug }: Pick<Inputs, 'size_slug'>): { resource: AddedResource } => ({
  resource: { kind: 'droplet', status: 'active', attrs: { size_slug } },
});

/** The droplets that this saga created, oldest first. More than one only if a worker that was taken for dead went on. */
async function createdBySaga(run: Run) {
  const found = await run.provider.dropletsTagged(sagaTag(run.saga.id));
  return found.toSorted((a, b) => Number(BigInt(a.id) - BigInt(b.id)));
}

async function removeSurplus(run: Run, surplus: readonly { id: string }[]): Promise<void> {
  if (surplus.length > 0) await run.guard();
  for (const { id } of surplus) await run.provider.deleteDroplet(id);
}

const check: Step<Inputs> = {
  name: 'check-request',
  async execute(run) {
    assertMayWrite(run);
    await assertWithinCap(run);
    const [sizes, regions] = [await run.provider.sizes(), await run.provider.regions()];
    const image = await run.provider.image(run.inputs.image);
    const problems = provisionProblems(run.inputs, { sizes, regions, image });
    if (problems.length > 0) throw new StepFailure(problems.join(' '));
    const size = sizes.find(({ slug }) => slug === run.inputs.size_slug);
    return {
      done: {
        quote: { price_monthly: size?.priceMonthly ?? null, price_hourly: size?.priceHourly ?? null, currency: 'USD' },
      },
    };
  },
};

/** The plan, or what runs, may have changed since the saga was started. */
async function assertWithinCap({ saga, inputs: given, db, now }: Run): Promise<void> {
  if (saga.deploymentId === null) return;
  const { deploymentId, id: startedBefore } = saga;
  const exceeded = await findExceededCap(db, { ...cappedBy(given), deploymentId, startedBefore, now });
  if (exceeded !== null) throw new StepFailure(exceeded.detail);
}

/**
 * Stores the tag under which the droplet is created. Its compensation deletes every droplet with the tag, so that a creation
 * leaves nothing behind even if its result is unknown.
 */
const reserveTag: Step<Inputs> = {
  name: 'reserve-tag',
  execute: async (run) => ({ done: { tag: sagaTag(run.saga.id) } }),
  async compensate(run) {
    const made = await createdBySaga(run);
    await run.guard();
    for (const droplet of made) await run.provider.deleteDroplet(droplet.id);
    return { done: { removed: made.map(({ id }) => id) } };
  },
};

const create: Step<Inputs> = {
  name: 'create-droplet',
  undoneBy: 'reserve-tag',
  async execute(run) {
    const [found, ...surplus] = await createdBySaga(run);
    await removeSurplus(run, surplus);
    if (found !== undefined) return { done: { droplet_id: found.id } };
    await run.guard();
    const given = run.inputs;
    const droplet = await run.provider.createDroplet({
      name: given.name,
      region: given.region,
      size: given.size_slug,
      image: given.image,
      tags: [...new Set([...given.tags, sagaTag(run.saga.id)])],
      sshKeys: given.ssh_keys,
      userData: given.user_data,
      vpcUuid: given.vpc_uuid,
      monitoring: given.monitoring,
      ipv6: given.ipv6,
    });
    return { done: { droplet_id: droplet.id } };
  },
};

const waitActive: Step<Inputs> = {
  name: 'wait-active',
  deadlineMs: 15 * 60_000,
  async execute(run) {
    const droplet = await run.provider.droplet(createdId(run));
    if (droplet === null) throw new StepFailure(`Droplet ${createdId(run)} disappeared while it was being created.`);
    if (droplet.status === 'active' && !droplet.isLocked) {
      // A creation whose result was lost may have taken effect after `create-droplet` looked for it.
      await removeSurplus(
        run,
        (await createdBySaga(run)).filter(({ id }) => id !== droplet.id),
      );
      return { done: { droplet_region: droplet.region } };
    }
    if (droplet.status === 'archive') {
      throw new StepFailure(`Droplet ${droplet.id} was archived while it was being created.`);
    }
    const polls = Number(run.context['polls'] ?? 0);
    return { wait: { polls: polls + 1 }, afterMs: pollDelayMs(polls) };
  },
};

/**
 * Attributes the droplet to the deployment, once it is active: a provision that fails earlier is billed to no tenant. From here
 * on the saga can no longer be cancelled.
 */
const assign: Step<Inputs> = {
  name: 'assign-to-project',
  undoneBy: 'reserve-tag',
  isIrrevocable: true,
  async execute(run) {
    const ownProject = await boundProject(run);
    const projectId = run.inputs.provider_project_id ?? ownProject;
    if (projectId !== null) await run.provider.assignToProject(projectId, createdId(run));
    // Outside the deployment's own project, a tag attributes the droplet to the deployment.
    const { deploymentId } = run.saga;
    if (deploymentId !== null && (ownProject === null || projectId !== ownProject)) {
      await run.provider.tagDroplet(createdId(run), deploymentTag(deploymentId));
    }
    return { done: { provider_project_id: projectId } };
  },
};

const record: Step<Inputs> = {
  name: 'record-desired-state',
  async execute(run) {
    const { saga, now } = run;
    const id = createdId(run);
    const resource_id = resourceId('digitalocean', 'droplet', id);
    return {
      done: { resource_id },
      async record(tx) {
        await recordSpec(tx, {
          resource: { resource_id, provider: 'digitalocean', kind: 'droplet', provider_id: id },
          owner: { deployment_id: saga.deploymentId, tenant_id: saga.tenantId },
          spec: {
            name: run.inputs.name,
            region: String(run.context['droplet_region'] ?? run.inputs.region),
            size_slug: run.inputs.size_slug,
          },
          sagaId: saga.id,
          now,
        });
      },
    };
  },
};

function createdId(run: Run): string {
  const id = run.context['droplet_id'];
  if (typeof id !== 'string')
    throw new Error(`Saga ${run.saga.id} is at step ${run.stepName}, but its context has no droplet_id.`);
  return id;
}

async function boundProject(run: Run): Promise<string | null> {
  if (run.saga.deploymentId === null) return null;
  const deployment = await findDeployment(run.db, run.saga.deploymentId, null);
  const binding = deployment?.project_bindings.find(({ provider }) => provider === 'digitalocean');
  return binding?.provider_project_id ?? null;
}

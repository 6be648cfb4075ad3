import { type provisioning, resourceId } from '@arcadia/contracts';
import type { z } from 'zod';
import { deploymentTag } from '../domain/deployment.ts';
import { provisionProblems } from '../domain/provision-check.ts';
import { pollDelayMs } from '../domain/saga.ts';
import { recordSpec } from '../record-spec.ts';
import { findDeployment } from '../store/deployments.ts';
import { type Step, StepFailure, type StepRun } from './step.ts';
import { mustBeAllowedToWrite, sagaTag } from './writing.ts';

type Inputs = z.output<typeof provisioning.sagaInputs.provision_droplet>;
type Run = StepRun<Inputs>;

/** What was made by this saga, the oldest first. More than one only if a worker thought dead went on after all. */
async function madeByThis(run: Run) {
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
    mustBeAllowedToWrite(run);
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

/**
 * Decides under which tag the droplet is made. Its compensation removes whatever carries the tag, so that a creation of
 * which nobody knows whether it happened leaves nothing behind.
 */
const reserveTag: Step<Inputs> = {
  name: 'reserve-tag',
  execute: async (run) => ({ done: { tag: sagaTag(run.saga.id) } }),
  async compensate(run) {
    const made = await madeByThis(run);
    await run.guard();
    for (const droplet of made) await run.provider.deleteDroplet(droplet.id);
    return { done: { removed: made.map(({ id }) => id) } };
  },
};

const create: Step<Inputs> = {
  name: 'create-droplet',
  async execute(run) {
    const [found, ...surplus] = await madeByThis(run);
    await removeSurplus(run, surplus);
    if (found !== undefined) return { done: { droplet_id: found.id } };
    await run.guard();
    const { inputs } = run;
    const droplet = await run.provider.createDroplet({
      name: inputs.name,
      region: inputs.region,
      size: inputs.size_slug,
      image: inputs.image,
      tags: [...new Set([...inputs.tags, sagaTag(run.saga.id)])],
      sshKeys: inputs.ssh_keys,
      userData: inputs.user_data,
      vpcUuid: inputs.vpc_uuid,
      monitoring: inputs.monitoring,
      ipv6: inputs.ipv6,
    });
    return { done: { droplet_id: droplet.id } };
  },
};

const waitActive: Step<Inputs> = {
  name: 'wait-active',
  deadlineMs: 15 * 60_000,
  async execute(run) {
    const droplet = await run.provider.droplet(createdId(run));
    if (droplet === null) throw new StepFailure(`Droplet ${createdId(run)} went away while it was being made.`);
    if (droplet.status === 'active' && !droplet.isLocked) {
      // A creation that was given up for lost may have happened after all, later than anybody looked for it.
      await removeSurplus(
        run,
        (await madeByThis(run)).filter(({ id }) => id !== droplet.id),
      );
      return { done: { droplet_region: droplet.region } };
    }
    if (droplet.status === 'archive')
      throw new StepFailure(`Droplet ${droplet.id} was archived while it was being made.`);
    const polls = Number(run.context['polls'] ?? 0);
    return { wait: { polls: polls + 1 }, afterMs: pollDelayMs(polls) };
  },
};

/**
 * Makes the droplet the deployment's, only now that it works: what fails before belongs to the operator, so a failed
 * provision is on nobody's bill. From here on the saga is no longer cancelled.
 */
const assign: Step<Inputs> = {
  name: 'assign-to-project',
  isIrrevocable: true,
  async execute(run) {
    const ownProject = await boundProject(run);
    const projectId = run.inputs.provider_project_id ?? ownProject;
    if (projectId !== null) await run.provider.assignToProject(projectId, createdId(run));
    // Put into no project of the deployment's, it is the deployment's by tag.
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
    const { inputs, saga, now } = run;
    const id = resourceId('digitalocean', 'droplet', createdId(run));
    return {
      done: { resource_id: id },
      record: (tx) =>
        recordSpec(tx, {
          resource: { resource_id: id, provider: 'digitalocean', kind: 'droplet', provider_id: createdId(run) },
          owner: { deployment_id: saga.deploymentId, tenant_id: saga.tenantId },
          spec: {
            name: inputs.name,
            region: String(run.context['droplet_region'] ?? inputs.region),
            size_slug: inputs.size_slug,
          },
          sagaId: saga.id,
          now,
        }).then(() => undefined),
    };
  },
};

/** Droplets are made, waited for, and only then handed over; see each step for what a crash there leaves. */
export const provisionDropletSteps: Step<Inputs>[] = [check, reserveTag, create, waitActive, assign, record];

function createdId(run: Run): string {
  const id = run.context['droplet_id'];
  if (typeof id !== 'string') throw new Error(`saga ${run.saga.id} has come to ${run.stepName} without a droplet`);
  return id;
}

async function boundProject(run: Run): Promise<string | null> {
  if (run.saga.deploymentId === null) return null;
  const deployment = await findDeployment(run.db, run.saga.deploymentId, null);
  const binding = deployment?.project_bindings.find(({ provider }) => provider === 'digitalocean');
  return binding?.provider_project_id ?? null;
}

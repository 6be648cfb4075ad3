import { isRefusal, provisioning, type Refusal, refuse, resourceId } from '@arcadia/contracts';
import type { Transaction } from 'kysely';
import type { Deployment } from './domain/deployment.ts';
import { allowedTransitions } from './domain/transitions.ts';
import { dropletsOfDeployment, findDroplet } from './store/deployment-droplets.ts';
import { findDeployment, lockDeployment } from './store/deployments.ts';
import { switchedOffBySuspension } from './store/saga-lists.ts';
import { unfinishedSagaOf } from './store/sagas.ts';
import type { Schema } from './store/schema.ts';
import { noSuchDeployment } from './update-deployment.ts';

/** What a saga is started with, once everything that can be known beforehand has been looked at. */
export type Prepared = {
  inputs: Record<string, unknown>;
  deployment: Pick<Deployment, 'deployment_id' | 'tenant_id'> | null;
  resourceId: string | null;
  worksOn: string | null;
};

type Db = Transaction<Schema>;
type Inputs<Kind extends provisioning.SagaKind> = ReturnType<(typeof provisioning.sagaInputs)[Kind]['parse']>;

/** Checks a kind's inputs and confirmation, and finds the droplets it is about. */
export async function prepareSaga(db: Db, kind: provisioning.SagaKind, given: unknown): Promise<Prepared | Refusal> {
  const parsed = provisioning.sagaInputs[kind].safeParse(given);
  if (!parsed.success) {
    const errors = parsed.error.issues.map(({ path, message }) => ({
      pointer: `/inputs/${path.join('/')}`,
      detail: message,
    }));
    return refuse('invalid-inputs', `These are no inputs of ${kind}; see errors.`, { errors });
  }
  switch (kind) {
    case 'echo':
    case 'fail':
      return { inputs: parsed.data, deployment: null, resourceId: null, worksOn: null };
    case 'provision_droplet':
      return prepareProvision(db, parsed.data as Inputs<'provision_droplet'>);
    case 'resize_droplet':
      return prepareResize(db, parsed.data as Inputs<'resize_droplet'>);
    case 'suspend':
      return prepareSuspend(db, parsed.data as Inputs<'suspend'>);
    case 'resume':
      return prepareResume(db, parsed.data as Inputs<'resume'>);
    case 'offboard':
      return prepareOffboard(db, parsed.data as Inputs<'offboard'>);
  }
}

async function prepareProvision(db: Db, inputs: Inputs<'provision_droplet'>): Promise<Prepared | Refusal> {
  if (inputs.deployment_id === undefined) return { inputs, deployment: null, resourceId: null, worksOn: null };
  const deployment = await lockDeployment(db, inputs.deployment_id, null);
  if (deployment === null) return noSuchDeployment();
  const stopping = await unfinishedSagaOf(db, inputs.deployment_id, ['suspend', 'offboard']);
  if (stopping !== null) return atWork(stopping);
  if (!['trial', 'active'].includes(deployment.state)) {
    return refuse('conflict', `Nothing is provisioned for a deployment that is ${deployment.state}.`);
  }
  return { inputs, deployment, resourceId: null, worksOn: null };
}

async function prepareResize(db: Db, inputs: Inputs<'resize_droplet'>): Promise<Prepared | Refusal> {
  const id = resourceId('digitalocean', 'droplet', inputs.provider_id);
  const known = await findDroplet(db, id);
  if (known !== null && !known.is_present) return refuse('not-found', `Droplet ${inputs.provider_id} is gone.`);
  const name = known?.name ?? inputs.provider_id;
  if (inputs.confirm !== name) return unconfirmed(`It interrupts the droplet: confirm with its name, ${name}.`);
  const deploymentId = known?.deployment_id ?? inputs.deployment_id ?? null;
  const deployment = deploymentId === null ? null : await findDeployment(db, deploymentId, null);
  return {
    inputs,
    deployment,
    resourceId: id,
    worksOn: deployment === null ? `resource:${id}` : `deployment:${deployment.deployment_id}`,
  };
}

async function prepareSuspend(db: Db, inputs: Inputs<'suspend'>): Promise<Prepared | Refusal> {
  const deployment = await confirmed(db, inputs);
  if (isRefusal(deployment)) return deployment;
  if (!allowedTransitions(deployment.state).includes('suspended')) return impossible(deployment, 'suspended');
  const droplets = (await dropletsOfDeployment(db, deployment.deployment_id)).map(nameOf);
  return ofDeployment(deployment, { ...inputs, droplets });
}

/** A resume switches on what the suspension switched off; without one on record, everything that is off. */
async function prepareResume(db: Db, inputs: Inputs<'resume'>): Promise<Prepared | Refusal> {
  const deployment = await findDeployment(db, inputs.deployment_id, null);
  if (deployment === null) return noSuchDeployment();
  if (deployment.state !== 'suspended') return impossible(deployment, 'active');
  const switchedOff = await switchedOffBySuspension(db, deployment.deployment_id);
  const droplets = (await dropletsOfDeployment(db, deployment.deployment_id))
    .filter((droplet) => (switchedOff === null ? droplet.status === 'off' : switchedOff.includes(droplet.provider_id)))
    .map(nameOf);
  return ofDeployment(deployment, { ...inputs, droplets });
}

async function prepareOffboard(db: Db, inputs: Inputs<'offboard'>): Promise<Prepared | Refusal> {
  const deployment = await confirmed(db, inputs);
  if (isRefusal(deployment)) return deployment;
  if (deployment.state === 'archived') return impossible(deployment, 'cancelled');
  const droplets = (await dropletsOfDeployment(db, deployment.deployment_id)).map(nameOf);
  return ofDeployment(deployment, { ...inputs, droplets });
}

/**
 * The deployment, held until the saga is written down: its droplets are counted now, so that none may be in the making, nor
 * begun to be made.
 */
async function confirmed(db: Db, inputs: { deployment_id: string; confirm: string }): Promise<Deployment | Refusal> {
  const deployment = await lockDeployment(db, inputs.deployment_id, null);
  if (deployment === null) return noSuchDeployment();
  if (inputs.confirm !== deployment.slug) return unconfirmed(`Confirm with the deployment's slug, ${deployment.slug}.`);
  const making = await unfinishedSagaOf(db, deployment.deployment_id, ['provision_droplet']);
  return making === null ? deployment : atWork(making);
}

const atWork = ({ saga_id, kind }: { saga_id: string; kind: string }) =>
  refuse('conflict', `Saga ${saga_id} (${kind}) is at work on the deployment; wait for its end or cancel it.`, {
    saga_id,
  });

const unconfirmed = (detail: string) => refuse('confirmation-needed', detail);

const impossible = (deployment: Deployment, to: provisioning.DeploymentState) =>
  refuse('transition-not-allowed', `A deployment that is ${deployment.state} cannot become ${to}.`, {
    from: deployment.state,
    to,
    allowed: [...allowedTransitions(deployment.state)],
  });

const nameOf = ({ provider_id, name }: { provider_id: string; name: string }) => ({ provider_id, name });

const ofDeployment = (deployment: Deployment, inputs: Record<string, unknown>): Prepared => ({
  inputs,
  deployment,
  resourceId: null,
  worksOn: `deployment:${deployment.deployment_id}`,
});

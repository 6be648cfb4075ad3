import { type provisioning, refuse } from '@arcadia/contracts';
import type { Transaction } from 'kysely';
import { z } from 'zod';
import { noSuchDeployment } from '../../deployments/no-such-deployment.ts';
import type { Deployment } from '../../domain/deployments/deployment.ts';
import { allowedTransitions } from '../../domain/deployments/transitions.ts';
import { lockDeployment } from '../../store/deployments/deployments.ts';
import { unfinishedSagaOf } from '../../store/sagas/sagas.ts';
import type { Tables } from '../../store/schema.ts';
import type { Prepared, StartRefusal } from '../define-saga.ts';

/** The droplets that a saga was started with: those that belonged to its deployment then. */
export const withDroplets = { droplets: z.array(z.object({ provider_id: z.string(), name: z.string() })) };

export type NamedDroplet = z.output<(typeof withDroplets)['droplets']>[number];

export const named = (droplets: readonly NamedDroplet[]): NamedDroplet[] =>
  droplets.map(({ provider_id, name }) => ({ provider_id, name }));

/**
 * Finds the deployment that a request confirms by its slug, and locks it until the saga is stored: `prepare` then lists its
 * droplets, so no saga may be making one, or begin to.
 */
export async function confirmedDeployment(
  db: Transaction<Tables>,
  inputs: { deployment_id: string; confirm: string },
): Promise<Deployment | StartRefusal> {
  const deployment = await lockDeployment(db, inputs.deployment_id, null);
  if (deployment === null) return noSuchDeployment();
  if (inputs.confirm !== deployment.slug) {
    return notConfirmed(`Give confirm: the slug of the deployment, ${deployment.slug}.`);
  }
  const other = await unfinishedSagaOf(db, deployment.deployment_id, ['provision_droplet']);
  return other === null ? deployment : sagaAtWork(other);
}

export const sagaAtWork = ({ saga_id, kind }: { saga_id: string; kind: string }): StartRefusal =>
  refuse('conflict', `Saga ${saga_id} (${kind}) works on the deployment; wait until it ends, or cancel it.`, {
    saga_id,
  });

export const notConfirmed = (detail: string): StartRefusal => refuse('confirmation-needed', detail);

export const transitionImpossible = (deployment: Deployment, to: provisioning.DeploymentState): StartRefusal =>
  refuse('transition-not-allowed', `A deployment that is ${deployment.state} cannot become ${to}.`, {
    from: deployment.state,
    to,
    allowed: [...allowedTransitions(deployment.state)],
  });

/** A saga that has the deployment to itself. */
export const preparedFor = <Inputs>(deployment: Deployment, inputs: Inputs): Prepared<Inputs> => ({
  inputs,
  deployment,
  resourceId: null,
  worksOn: `deployment:${deployment.deployment_id}`,
});

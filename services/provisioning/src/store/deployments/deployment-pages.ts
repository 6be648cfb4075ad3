import { type Kysely, type Selectable, sql } from 'kysely';
import type { Deployment } from '../../domain/deployments/deployment.ts';
import type { DeploymentEventTable, Tables } from '../schema.ts';

/** Deployments by slug; one row more than the limit when there are more. */
export async function pageOfDeployments(
  db: Kysely<Tables>,
  page: {
    tenantId: string | null;
    state: Deployment['state'] | undefined;
    /** The slug and the id of the last deployment of the page before. */
    after: readonly string[] | null;
    limit: number;
  },
): Promise<Deployment[]> {
  let query = db.selectFrom('cloud_deployments').selectAll();
  if (page.tenantId !== null) query = query.where('tenant_id', '=', page.tenantId);
  if (page.state !== undefined) query = query.where('state', '=', page.state);
  if (page.after !== null) {
    const [slug, deploymentId] = page.after;
    query = query.where(sql<boolean>`(slug, deployment_id) > (${slug}, ${deploymentId}::uuid)`);
  }
  return query
    .orderBy('slug')
    .orderBy('deployment_id')
    .limit(page.limit + 1)
    .execute();
}

export type DeploymentEvent = Selectable<DeploymentEventTable>;

/** The changes of a deployment, newest first; one row more than the limit when there are more. */
export async function pageOfDeploymentEvents(
  db: Kysely<Tables>,
  page: { deploymentId: string; before: number | null; limit: number },
): Promise<DeploymentEvent[]> {
  return db
    .selectFrom('cloud_deployment_events')
    .select([
      'deployment_id',
      'revision',
      'change',
      'previous_state',
      'state',
      'changed',
      'actor',
      'reason',
      'effective_at',
    ])
    .where('deployment_id', '=', page.deploymentId)
    .$if(page.before !== null, (query) => query.where('revision', '<', page.before ?? 0))
    .orderBy('revision', 'desc')
    .limit(page.limit + 1)
    .execute();
}

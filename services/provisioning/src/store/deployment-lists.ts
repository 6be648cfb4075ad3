import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Deployment } from '../domain/deployment.ts';
import type { DeploymentEventTable, Schema } from './schema.ts';

/** Deployments by slug, one row more than asked for so that the caller sees whether there are more. */
export async function pageOfDeployments(
  db: Kysely<Schema>,
  asked: {
    tenantId: string | null;
    state: Deployment['state'] | undefined;
    after: readonly [slug: string, deploymentId: string] | null;
    limit: number;
  },
): Promise<Deployment[]> {
  let query = db.selectFrom('cloud_deployments').selectAll();
  if (asked.tenantId !== null) query = query.where('tenant_id', '=', asked.tenantId);
  if (asked.state !== undefined) query = query.where('state', '=', asked.state);
  if (asked.after !== null) {
    const [slug, deploymentId] = asked.after;
    query = query.where(sql<boolean>`(slug, deployment_id) > (${slug}, ${deploymentId}::uuid)`);
  }
  return query
    .orderBy('slug')
    .orderBy('deployment_id')
    .limit(asked.limit + 1)
    .execute();
}

export type DeploymentEvent = Omit<DeploymentEventTable, 'changed'> & { changed: Record<string, never> };

/** A deployment's history, newest first. */
export async function pageOfDeploymentEvents(
  db: Kysely<Schema>,
  asked: { deploymentId: string; before: number | null; limit: number },
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
    .where('deployment_id', '=', asked.deploymentId)
    .$if(asked.before !== null, (query) => query.where('revision', '<', asked.before ?? 0))
    .orderBy('revision', 'desc')
    .limit(asked.limit + 1)
    .execute();
}

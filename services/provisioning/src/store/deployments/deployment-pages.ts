import { type SortColumn, type Sorting, sortedBy } from '@arcadia/platform';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Deployment } from '../../domain/deployments/deployment.ts';
import type { DeploymentEventTable, Tables } from '../schema.ts';

const contains = (text: string) => sql`strpos(lower(slug || ' ' || display_name), lower(${text})) > 0`;

/** Deployments by slug; one row more than the limit when there are more. */
export async function pageOfDeployments(
  db: Kysely<Tables>,
  page: {
    tenantId: string | null;
    state: Deployment['state'] | undefined;
    /** A part of the slug or of the name, upper or lower case. */
    text: string | undefined;
    /** The slug and the id of the last deployment of the page before. */
    after: readonly string[] | null;
    sorting: Sorting<keyof typeof sortColumns> | null;
    limit: number;
  },
): Promise<(Deployment & { sort_key?: string })[]> {
  if (page.sorting !== null) return sortedDeployments(db, { ...page, sorting: page.sorting });
  let query = db.selectFrom('cloud_deployments').selectAll();
  if (page.tenantId !== null) query = query.where('tenant_id', '=', page.tenantId);
  if (page.state !== undefined) query = query.where('state', '=', page.state);
  if (page.text !== undefined) query = query.where(sql<boolean>`${contains(page.text)}`);
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

const sortColumns = {
  slug: { value: sql`slug`, type: 'text' },
  display_name: { value: sql`lower(display_name)`, type: 'text' },
  created_at: { value: sql`created_at`, type: 'timestamptz' },
  updated_at: { value: sql`updated_at`, type: 'timestamptz' },
} as const satisfies Record<string, SortColumn>;

async function sortedDeployments(
  db: Kysely<Tables>,
  page: {
    tenantId: string | null;
    state: Deployment['state'] | undefined;
    /** A part of the slug or of the name, upper or lower case. */
    text: string | undefined;
    sorting: Sorting<keyof typeof sortColumns>;
    limit: number;
  },
): Promise<(Deployment & { sort_key: string })[]> {
  const id = { column: sql`deployment_id`, type: 'uuid' } as const;
  const sorted = sortedBy(sortColumns[page.sorting.key], id, page.sorting);
  const { rows } = await sql<Deployment & { sort_key: string }>`
    SELECT *, ${sorted.key} AS sort_key FROM cloud_deployments
    WHERE (${page.tenantId}::text IS NULL OR tenant_id = ${page.tenantId})
      AND (${page.state ?? null}::text IS NULL OR state = ${page.state ?? null})
      AND ${page.text === undefined ? sql`true` : contains(page.text)} AND ${sorted.page}
    ORDER BY ${sorted.order} LIMIT ${page.limit + 1}`.execute(db);
  return rows;
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

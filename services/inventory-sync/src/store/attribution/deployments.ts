import type { EventData, provisioning } from '@arcadia/contracts';
import { upsertNewest } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

type Changed = EventData<typeof provisioning.deploymentChanged>;

/** Updates the projection of deployments and of their project and tag bindings; an older revision changes nothing. Returns whether anything changed. */
export async function keepDeployments(db: Kysely<Tables>, changes: readonly Changed[]): Promise<boolean> {
  const rows = changes.map(({ deployment_id, tenant_id, slug, state, created_at, revision }) => ({
    deployment_id,
    tenant_id,
    slug,
    state,
    created_at,
    revision,
  }));
  const kept = await upsertNewest(db, { name: 'deployments', key: ['deployment_id'], newest: ['revision'] }, rows);
  if (kept.length === 0) return false;
  const newest = new Map<string, Changed>();
  for (const change of changes) {
    const other = newest.get(change.deployment_id);
    if (other === undefined || other.revision < change.revision) newest.set(change.deployment_id, change);
  }
  await replaceBindings(
    db,
    kept.flatMap(({ deployment_id }) => newest.get(deployment_id) ?? []),
  );
  return true;
}

async function replaceBindings(db: Kysely<Tables>, deployments: readonly Changed[]): Promise<void> {
  const ids = deployments.map((deployment) => deployment.deployment_id);
  const projects = deployments.flatMap((d) =>
    d.project_bindings.map((binding) => ({ ...binding, id: d.deployment_id })),
  );
  const tags = deployments.flatMap((d) => d.tag_bindings.map((tag) => ({ tag, id: d.deployment_id })));
  await sql`DELETE FROM project_bindings WHERE deployment_id = ANY(${ids}::uuid[])`.execute(db);
  await sql`DELETE FROM tag_bindings WHERE deployment_id = ANY(${ids}::uuid[])`.execute(db);
  await sql`
    INSERT INTO project_bindings (provider, provider_project_id, deployment_id)
    SELECT * FROM unnest(${projects.map((p) => p.provider)}::text[], ${projects.map((p) => p.provider_project_id)}::text[],
      ${projects.map((p) => p.id)}::uuid[])
    ON CONFLICT DO NOTHING`.execute(db);
  await sql`
    INSERT INTO tag_bindings (tag, deployment_id)
    SELECT * FROM unnest(${tags.map((t) => t.tag)}::text[], ${tags.map((t) => t.id)}::uuid[])
    ON CONFLICT DO NOTHING`.execute(db);
}

export type KnownDeployment = { tenantId: string; createdAt: Temporal.Instant };

export async function findDeployment(db: Kysely<Tables>, id: string): Promise<KnownDeployment | null> {
  const found = await sql<{ tenant_id: string; created_at: string }>`
    SELECT tenant_id, created_at FROM deployments WHERE deployment_id = ${id}`.execute(db);
  const row = found.rows[0];
  return row === undefined ? null : { tenantId: row.tenant_id, createdAt: Temporal.Instant.from(row.created_at) };
}

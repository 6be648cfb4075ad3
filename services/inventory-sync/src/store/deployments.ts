import type { EventData, provisioning } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

type Changed = EventData<typeof provisioning.deploymentChanged>;

/** Brings our projection of deployments and what binds things to them up to date; an older revision changes nothing. Returns whether anything did. */
export async function keepDeployments(db: Kysely<Database>, changes: readonly Changed[]): Promise<boolean> {
  const newest = new Map<string, Changed>();
  for (const change of changes) {
    const known = newest.get(change.deployment_id);
    if (known === undefined || known.revision < change.revision) newest.set(change.deployment_id, change);
  }
  const rows = [...newest.values()];
  const kept = await sql<{ deployment_id: string }>`
    INSERT INTO deployments (deployment_id, tenant_id, slug, state, created_at, revision)
    SELECT * FROM unnest(
      ${rows.map((d) => d.deployment_id)}::uuid[], ${rows.map((d) => d.tenant_id)}::text[], ${rows.map((d) => d.slug)}::text[],
      ${rows.map((d) => d.state)}::text[], ${rows.map((d) => d.created_at)}::timestamptz[], ${rows.map((d) => d.revision)}::int[])
    ON CONFLICT (deployment_id) DO UPDATE SET tenant_id = excluded.tenant_id, slug = excluded.slug, state = excluded.state,
      created_at = excluded.created_at, revision = excluded.revision
    WHERE deployments.revision < excluded.revision
    RETURNING deployment_id`.execute(db);
  const ids = new Set(kept.rows.map((row) => row.deployment_id));
  const changed = rows.filter(({ deployment_id }) => ids.has(deployment_id));
  if (changed.length === 0) return false;
  await replaceBindings(db, changed);
  return true;
}

async function replaceBindings(db: Kysely<Database>, deployments: readonly Changed[]): Promise<void> {
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

export async function findDeployment(db: Kysely<Database>, id: string): Promise<KnownDeployment | null> {
  const found = await sql<{ tenant_id: string; created_at: string }>`
    SELECT tenant_id, created_at FROM deployments WHERE deployment_id = ${id}`.execute(db);
  const row = found.rows[0];
  return row === undefined ? null : { tenantId: row.tenant_id, createdAt: Temporal.Instant.from(row.created_at) };
}

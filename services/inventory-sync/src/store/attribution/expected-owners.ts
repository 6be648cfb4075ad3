import type { Json } from '@arcadia/contracts';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { provider, sourceIdOf } from '../../domain/resources/resource.ts';
import { type Owner, unowned } from '../../domain/resources/timeline.ts';
import { unassignableKinds } from '../../domain/syncs/kinds.ts';
import { columnsOf, rowsOf } from '../given-rows.ts';
import { keptSource } from '../resources/write-resources.ts';
import type { Tables } from '../schema.ts';

/** The owner of a resource by the rules, and since when the owning deployment exists. */
export type Expected = { resourceId: string; owner: Owner; ownerSince: Temporal.Instant | null };

type Row = Owner & { resource_id: string; since: string | null };

const deploymentTag = '^deployment:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
const tags = sql`jsonb_array_elements_text(c.tags) AS t(tag)`;

/**
 * The rules of attribution, as one query over any set of candidates (resource_id, kind, provider_id, tags, own_project,
 * source_resource_id). The order of precedence is that of decision 0054; an attribution by hand comes before all of it:
 * 1. a tag of the resource names the deployment; tags that differ only in case are one tag, as they are at the provider;
 * 2. its project, unless that is the provider's default project: first the project that the resource names itself, then the one
 *    that lists it;
 * 3. its source: the resource that it was made from, its cluster, or the droplet that it is assigned to;
 * 4. the default project, otherwise, for a resource that a project could list, the operator's internal project.
 * A project gives the deployment that is bound to it, otherwise the tenant that it is classified with; while the default project is
 * neither bound nor classified, its members are unowned (`attributed_by` null). A resource that its project no
 * longer lists stays in the project until the resource itself is listed again: projects are listed first, so they are the first to miss
 * a deleted resource.
 */
const rules = (candidates: RawBuilder<unknown>) => sql<Row>`
  SELECT c.resource_id,
    coalesce(tagged.tenant_id, bound.tenant_id, s.tenant_id, p.tenant_id) AS tenant_id,
    coalesce(tagged.deployment_id, bound.deployment_id, s.deployment_id) AS deployment_id,
    coalesce(p.project_id, s.project_id) AS project_id,
    CASE
      WHEN tagged.deployment_id IS NOT NULL THEN 'tag'
      WHEN bound.deployment_id IS NOT NULL THEN 'project'
      WHEN s.attributed_by IS NOT NULL
        AND (s.deployment_id IS NOT NULL OR s.tenant_id IS NOT NULL OR s.project_id IS NOT NULL) THEN 'source'
      WHEN NOT (p.is_default AND p.purpose = 'unclassified' AND p.tenant_id IS NULL) THEN 'project'
    END AS attributed_by,
    coalesce(tagged.created_at, bound.created_at, inherited.created_at) AS since
  FROM (${candidates}) AS c
  LEFT JOIN LATERAL (
    SELECT deployment_id, tenant_id, created_at FROM (
      SELECT d.deployment_id, d.tenant_id, d.created_at, 1 AS rank
      FROM ${tags} JOIN deployments AS d ON d.deployment_id = CASE WHEN t.tag ~* ${deploymentTag} THEN substr(t.tag, 12)::uuid END
      UNION ALL
      SELECT d.deployment_id, d.tenant_id, d.created_at, 2
      FROM ${tags} JOIN tag_bindings AS b ON lower(b.tag) = lower(t.tag) JOIN deployments AS d USING (deployment_id)
    ) AS candidates
    ORDER BY rank, created_at, deployment_id
    LIMIT 1
  ) AS tagged ON c.tags <> '[]'
  LEFT JOIN cloud_resources AS known ON known.resource_id = c.resource_id
  LEFT JOIN project_members AS m ON m.provider = ${provider} AND m.kind = c.kind AND m.provider_id = c.provider_id
    AND (m.gone_at IS NULL OR known.last_seen_at < m.gone_at)
  LEFT JOIN cloud_projects AS own ON own.provider = ${provider} AND own.provider_id = c.own_project AND own.gone_at IS NULL
  LEFT JOIN cloud_projects AS listing ON listing.project_id = m.project_id
  CROSS JOIN LATERAL (SELECT
    CASE WHEN NOT own.is_default THEN own.project_id WHEN NOT listing.is_default THEN listing.project_id END AS named,
    coalesce(own.project_id, listing.project_id) AS otherwise
  ) AS project
  LEFT JOIN cloud_resources AS s ON project.named IS NULL AND s.resource_id = coalesce(c.source_resource_id, ${keptSource('known')})
  LEFT JOIN deployments AS inherited ON inherited.deployment_id = s.deployment_id
  LEFT JOIN cloud_projects AS p ON CASE
    WHEN project.named IS NOT NULL THEN p.project_id = project.named
    WHEN s.resource_id IS NOT NULL THEN false
    WHEN project.otherwise IS NOT NULL THEN p.project_id = project.otherwise
    ELSE c.kind <> ALL(${unassignableKinds}::text[]) AND p.purpose = 'internal' AND p.gone_at IS NULL
  END
  LEFT JOIN LATERAL (
    SELECT d.deployment_id, d.tenant_id, d.created_at
    FROM project_bindings AS b JOIN deployments AS d USING (deployment_id)
    WHERE b.provider = p.provider AND b.provider_project_id = p.provider_id
    ORDER BY d.created_at, d.deployment_id
    LIMIT 1
  ) AS bound ON true`;

/** The provider's id of the project that a resource names itself. */
const ownProject = ({ provider_project_id: own }: Record<string, Json>): string | null =>
  typeof own === 'string' ? own : null;

export type Candidate = { resourceId: string; kind: string; providerId: string; attrs: Record<string, Json> };

/** The owners by the rules of listed resources, whether they are known yet or not. */
export async function expectedOwners(db: Kysely<Tables>, listed: readonly Candidate[]): Promise<Map<string, Expected>> {
  if (listed.length === 0) return new Map();
  const tagsOf = await decidingTags(db, listed);
  const of = columnsOf(listed);
  const candidates = rowsOf([
    of('resource_id', 'uuid', (one) => one.resourceId),
    of('kind', 'text', (one) => one.kind),
    of('provider_id', 'text', (one) => one.providerId),
    of('tags', 'jsonb', (one) => JSON.stringify(tagsOf(one))),
    of('own_project', 'text', ({ attrs }) => ownProject(attrs)),
    of('source_resource_id', 'uuid', sourceIdOf),
  ]);
  // Unowned resources are left out of the result: a first listing may hold ten thousand of them.
  const found =
    await sql<Row>`SELECT * FROM (${rules(candidates)}) AS e WHERE project_id IS NOT NULL OR attributed_by IS NOT NULL OR tenant_id IS NOT NULL`.execute(
      db,
    );
  // One object per owner, so that equal owners need not be compared or written as text again.
  const owners = new Map<string, Owner>();
  const owned = new Map(
    found.rows.map((row) => {
      const expected = toExpected(row);
      const key = Object.values(expected.owner).join('\n');
      const owner = owners.get(key) ?? expected.owner;
      owners.set(key, owner);
      return [row.resource_id, { ...expected, owner }];
    }),
  );
  return new Map(
    listed.map(({ resourceId }) => [
      resourceId,
      owned.get(resourceId) ?? { resourceId, owner: unowned, ownerSince: null },
    ]),
  );
}

/**
 * The tags of listed resources that can name an owner. Few do, and each tag of each resource would take the rules longer than all else,
 * so the different ones are compared with the bindings beforehand.
 */
async function decidingTags(
  db: Kysely<Tables>,
  listed: readonly Candidate[],
): Promise<(one: Candidate) => readonly Json[]> {
  const tagsOf = ({ attrs: { tags } }: Candidate): readonly Json[] => (Array.isArray(tags) ? tags : []);
  const known = new Set(listed.flatMap(tagsOf).filter((tag) => typeof tag === 'string'));
  if (known.size === 0) return tagsOf;
  const found = await sql<{ tag: string }>`
    SELECT t.tag FROM unnest(${[...known]}::text[]) AS t(tag)
    WHERE t.tag ~* ${deploymentTag} OR EXISTS (SELECT FROM tag_bindings AS b WHERE lower(b.tag) = lower(t.tag))`.execute(
    db,
  );
  const deciding = new Set<Json>(found.rows.map(({ tag }) => tag));
  return (one) => (deciding.size === 0 ? [] : tagsOf(one).filter((tag) => deciding.has(tag)));
}

/** Resources as candidates. */
const candidateColumns = sql`r.resource_id, r.kind, r.provider_id, r.source_resource_id,
  CASE WHEN jsonb_typeof(r.attrs -> 'provider_project_id') = 'string' THEN r.attrs ->> 'provider_project_id' END AS own_project,
  CASE WHEN jsonb_typeof(r.attrs -> 'tags') = 'array' THEN r.attrs -> 'tags' ELSE '[]' END AS tags`;

/** Present resources whose owner by the rules has changed, at most `limit` of them. */
export async function misattributed(
  db: Kysely<Tables>,
  among: { kinds: readonly string[] | null; inheritorsOnly: boolean; limit: number },
): Promise<Expected[]> {
  const kinds = among.kinds === null ? sql`true` : sql`kind = ANY(${among.kinds}::text[])`;
  const inheritors = among.inheritorsOnly ? sql`r.source_resource_id IS NOT NULL` : sql`true`;
  const found = await sql<Row>`
    SELECT e.* FROM (${rules(sql`
      SELECT ${candidateColumns} FROM cloud_resources AS r
      WHERE r.deleted_at IS NULL AND ${kinds} AND ${inheritors}`)}) AS e
    JOIN cloud_resources AS r USING (resource_id)
    WHERE CASE
      WHEN r.auto_owner IS NULL THEN (e.tenant_id, e.deployment_id, e.project_id, e.attributed_by) IS DISTINCT FROM
        (r.tenant_id, r.deployment_id, r.project_id, r.attributed_by)
      ELSE (e.tenant_id, e.deployment_id::text, e.project_id::text, e.attributed_by) IS DISTINCT FROM (r.auto_owner ->> 'tenant_id',
        r.auto_owner ->> 'deployment_id', r.auto_owner ->> 'project_id', r.auto_owner ->> 'attributed_by')
    END
    ORDER BY e.resource_id
    LIMIT ${among.limit}`.execute(db);
  return found.rows.map(toExpected);
}

/** The resources that inherit their owner from these resources, because no tag, project or person names another; each with its source. */
export async function inheritorsOf(
  db: Kysely<Tables>,
  sourceIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = await sql<Row & { source_resource_id: string }>`
    SELECT e.*, r.source_resource_id FROM (${rules(sql`
      SELECT ${candidateColumns} FROM cloud_resources AS r WHERE r.source_resource_id = ANY(${sourceIds}::uuid[])`)}) AS e
    JOIN cloud_resources AS r USING (resource_id)
    ORDER BY e.resource_id`.execute(db);
  return new Map(
    found.rows
      .filter(({ attributed_by }) => attributed_by === 'source' || attributed_by === null)
      .map((row) => [row.resource_id, row.source_resource_id]),
  );
}

const toExpected = ({ resource_id, since, ...owner }: Row): Expected => ({
  resourceId: resource_id,
  owner,
  ownerSince: since === null ? null : Temporal.Instant.from(since),
});

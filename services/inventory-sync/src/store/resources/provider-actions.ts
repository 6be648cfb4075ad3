import { type Kysely, sql } from 'kysely';
import type { Action, LoggedAction, UnlistedDroplet } from '../../domain/resources/droplet-actions.ts';
import type { Tables } from '../schema.ts';

/** Stores entries of the action log. An entry that was still running is completed when it is read again. */
export async function keepActions(db: Kysely<Tables>, actions: readonly LoggedAction[]): Promise<void> {
  if (actions.length === 0) return;
  const unique = [...new Map(actions.map((action) => [action.actionId, action])).values()];
  await sql`
    INSERT INTO provider_actions (action_id, kind, provider_id, type, region, started_at, completed_at)
    SELECT id, 'droplet', provider_id, type, region, started_at, completed_at
    FROM unnest(
      ${unique.map((a) => a.actionId)}::bigint[], ${unique.map((a) => a.providerId)}::text[], ${unique.map((a) => a.type)}::text[],
      ${unique.map((a) => a.region)}::text[], ${unique.map((a) => a.startedAt.toString())}::timestamptz[],
      ${unique.map((a) => a.completedAt?.toString() ?? null)}::timestamptz[]
    ) AS t(id, provider_id, type, region, started_at, completed_at)
    ON CONFLICT (action_id) DO UPDATE SET completed_at = excluded.completed_at
    WHERE provider_actions.completed_at IS NULL`.execute(db);
}

type Row = {
  action_id: string;
  provider_id: string;
  type: string;
  region: string | null;
  started_at: string;
  completed_at: string;
};

const toAction = (row: Row): Action => ({
  actionId: row.action_id,
  type: row.type,
  startedAt: Temporal.Instant.from(row.started_at),
  completedAt: Temporal.Instant.from(row.completed_at),
});

/** Completed actions that no history contains yet, by the droplet they were done to. */
export async function openActions(db: Kysely<Tables>, providerIds: readonly string[]): Promise<Map<string, Action[]>> {
  const rows = await sql<Row>`
    SELECT action_id, provider_id, type, region, started_at, completed_at FROM provider_actions
    WHERE provider_id = ANY(${providerIds}::text[]) AND NOT is_applied AND completed_at IS NOT NULL
    ORDER BY completed_at, action_id`.execute(db);
  const byDroplet = new Map<string, Action[]>();
  for (const row of rows.rows)
    byDroplet.set(row.provider_id, [...(byDroplet.get(row.provider_id) ?? []), toAction(row)]);
  return byDroplet;
}

/** Whether there is any completed action that no history contains yet. */
export async function hasOpenActions(db: Kysely<Tables>): Promise<boolean> {
  const found =
    await sql`SELECT 1 FROM provider_actions WHERE NOT is_applied AND completed_at IS NOT NULL LIMIT 1`.execute(db);
  return found.rows.length > 0;
}

export async function markApplied(db: Kysely<Tables>, actionIds: readonly string[]): Promise<void> {
  if (actionIds.length === 0) return;
  await sql`UPDATE provider_actions SET is_applied = true WHERE action_id = ANY(${actionIds}::bigint[])`.execute(db);
}

/** Droplets that were created and destroyed again since an instant and that no listing has shown. */
export async function unlistedDroplets(db: Kysely<Tables>, since: Temporal.Instant): Promise<UnlistedDroplet[]> {
  const rows = await sql<Row>`
    SELECT a.action_id, a.provider_id, a.type, a.region, a.started_at, a.completed_at
    FROM provider_actions AS a
    WHERE NOT a.is_applied AND a.completed_at IS NOT NULL
      AND EXISTS (SELECT 1 FROM provider_actions AS born WHERE born.provider_id = a.provider_id AND born.type = 'create'
        AND born.completed_at IS NOT NULL AND born.started_at >= ${since.toString()})
      AND EXISTS (SELECT 1 FROM provider_actions AS gone WHERE gone.provider_id = a.provider_id AND gone.type = 'destroy'
        AND gone.completed_at IS NOT NULL)
    ORDER BY a.provider_id, a.completed_at, a.action_id`.execute(db);
  const droplets = new Map<string, UnlistedDroplet>();
  for (const row of rows.rows) {
    const droplet = droplets.get(row.provider_id) ?? { providerId: row.provider_id, region: null, actions: [] };
    droplet.region ??= row.region;
    droplet.actions.push(toAction(row));
    droplets.set(row.provider_id, droplet);
  }
  return [...droplets.values()];
}

import type { EventData, metering, Period } from '@arcadia/contracts';
import { sql } from 'kysely';
import type { Db } from './schema.ts';

export type Manifest = { facts: number; hash: string; deployments: { deployment_id: string; revision: number }[] };

export const insertClose = async (db: Db, close: EventData<typeof metering.periodClosed>): Promise<void> => {
  await sql`INSERT INTO period_closes VALUES (${close.period}, ${close.revision}, ${close.closed_at}, ${close.is_forced}, ${close.hash})
    ON CONFLICT DO NOTHING`.execute(db);
  const { tenants } = close;
  await sql`INSERT INTO period_close_tenants (period, revision, tenant_id, facts, hash, deployments)
    SELECT ${close.period}, ${close.revision}, * FROM unnest(${tenants.map((t) => t.tenant_id)}::text[], ${tenants.map((t) => t.facts)}::int[],
      ${tenants.map((t) => t.hash)}::text[], ${tenants.map((t) => JSON.stringify(t.deployments))}::jsonb[])
    ON CONFLICT DO NOTHING`.execute(db);
};

/** The newest close of a period, or null while it was never closed. */
export const latestClose = async (db: Db, period: Period): Promise<{ revision: number; is_forced: boolean } | null> =>
  (await db
    .selectFrom('period_closes')
    .select(['revision', 'is_forced'])
    .where('period', '=', period)
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst()) ?? null;

export const isKnownClose = async (db: Db, close: { period: Period; closeRevision: number }): Promise<boolean> =>
  (await db
    .selectFrom('period_closes')
    .select('revision')
    .where('period', '=', close.period)
    .where('revision', '=', close.closeRevision)
    .executeTakeFirst()) !== undefined;

/** What a close says of a tenant; one it does not name has no facts. */
export const manifestOf = async (
  db: Db,
  asked: { period: Period; revision: number; tenantId: string },
): Promise<Manifest | null> => {
  const { rows } = await sql<Manifest>`SELECT facts, hash, deployments FROM period_close_tenants
    WHERE period = ${asked.period} AND revision = ${asked.revision} AND tenant_id = ${asked.tenantId}`.execute(db);
  return rows[0] ?? null;
};

/** Deployments of a manifest of which an older revision, or none, has been heard. */
export const deploymentsBehind = async (db: Db, manifest: Manifest): Promise<string[]> => {
  const { deployments } = manifest;
  const { rows } = await sql<{ deployment_id: string }>`
    SELECT m.deployment_id FROM unnest(${deployments.map((d) => d.deployment_id)}::uuid[], ${deployments.map((d) => d.revision)}::int[]) AS m(deployment_id, revision)
    LEFT JOIN deployments d USING (deployment_id) WHERE d.revision IS NULL OR d.revision < m.revision`.execute(db);
  return rows.map(({ deployment_id }) => deployment_id);
};

/**
 * Everybody a close may have something to bill for: who used something, was subscribed, has a line added by hand, or an
 * earlier month to be adjusted.
 */
export const tenantsToInvoice = async (
  db: Db,
  close: { period: Period; revision: number; start: Temporal.Instant; end: Temporal.Instant },
): Promise<string[]> => {
  const { rows } = await sql<{ tenant_id: string }>`
    SELECT tenant_id FROM period_close_tenants WHERE period = ${close.period} AND revision = ${close.revision}
    UNION SELECT tenant_id FROM subscriptions WHERE starts_at < ${close.end.toString()} AND (ends_at IS NULL OR ends_at > ${close.start.toString()})
    UNION SELECT tenant_id FROM manual_lines WHERE period <= ${close.period} AND invoice_id IS NULL
    UNION SELECT tenant_id FROM billed_periods WHERE period < ${close.period} AND terms_changed
    UNION SELECT tenant_id FROM usage_facts WHERE period < ${close.period} AND close_revision > 1 AND superseded_at IS NULL AND adjusted_by IS NULL
    ORDER BY 1`.execute(db);
  return rows.map(({ tenant_id }) => tenant_id);
};

/** Tenants for whom alone a forced close was asked; asked for, they are struck off. Empty: it is for everybody. */
export const takeForcedTenants = async (db: Db, period: Period): Promise<string[]> => {
  const { rows } = await sql<{
    tenant_id: string;
  }>`DELETE FROM forced_runs WHERE period = ${period} RETURNING tenant_id`.execute(db);
  return rows.map(({ tenant_id }) => tenant_id);
};

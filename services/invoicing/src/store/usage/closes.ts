import type { EventData, metering, Period } from '@arcadia/contracts';
import { steady } from '@arcadia/platform';
import { type QueryExecutorProvider, sql } from 'kysely';
import { fromPeriodsToAdjust } from '../invoices/billed-periods.ts';
import { isOpenManualLine } from '../invoices/manual-lines.ts';
import type { Db } from '../schema.ts';
import { compressing } from '../stored-forms.ts';
import { factsAtClose } from './usage-facts.ts';

/** Keeps a close. @returns false if it was there before */
export const insertClose = async (db: Db, close: EventData<typeof metering.periodClosed>): Promise<boolean> => {
  const { numAffectedRows } =
    await sql`INSERT INTO period_closes (period, revision, closed_at, is_forced, hash, hash_version)
    VALUES (${close.period}, ${close.revision}, ${close.closed_at}, ${close.is_forced}, ${close.hash}, ${close.hash_version ?? null})
    ON CONFLICT DO NOTHING`.execute(db);
  if (numAffectedRows === 0n) return false;
  const { tenants } = close;
  await sql`INSERT INTO period_close_tenants (period, revision, tenant_id, facts, hash, deployments)
    SELECT ${close.period}, ${close.revision}, * FROM unnest(${tenants.map((t) => t.tenant_id)}::text[], ${tenants.map((t) => t.facts)}::int[],
      ${tenants.map((t) => t.hash)}::text[], ${tenants.map((t) => JSON.stringify(t.deployments))}::jsonb[])
    ON CONFLICT DO NOTHING`.execute(db);
  return true;
};

/** The newest close of a period; null if it was never closed. */
export const latestClose = async (db: Db, period: Period): Promise<{ revision: number; is_forced: boolean } | null> =>
  (await db
    .selectFrom('period_closes')
    .select(['revision', 'is_forced'])
    .where('period', '=', period)
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst()) ?? null;

/** How much of the facts that a close counts of a tenant has arrived. A tenant that it does not name waits for nothing. */
export type Arrival = {
  /** Null: the close does not name the tenant. */
  expected: { facts: number; hash: string } | null;
  /** By the current way of hashing. */
  held: { facts: number; hash: string };
  /** The way in which the close hashed its facts; null: it names none. */
  hashVersion: number | null;
  /** Deployments of which an older revision, or none, has arrived. */
  deploymentsBehind: number;
  /**
   * The month has no invoice and was never billed, no earlier month is to be adjusted, and no line added by hand is open: then none
   * of these need be read.
   */
  isOrdinary: boolean;
  /** As of `isCompressing`. */
  isCompressed: boolean;
};

/** Null while the close itself has not arrived. */
export const arrivalOf = async (
  db: QueryExecutorProvider,
  close: { period: Period; closeRevision: number; tenantId: string },
): Promise<Arrival | null> => {
  const { rows } = await sql<Arrival>`${steady}
    SELECT CASE WHEN t.hash IS NOT NULL THEN json_build_object('facts', t.facts, 'hash', t.hash) END AS expected,
      json_build_object('facts', h.facts, 'hash', h.hash) AS held,
      c.hash_version AS "hashVersion",
      (SELECT count(*)::int FROM jsonb_to_recordset(t.deployments) AS m(deployment_id uuid, revision int)
        WHERE m.revision > coalesce((SELECT d.revision FROM deployments d WHERE d.deployment_id = m.deployment_id), 0)) AS "deploymentsBehind",
      NOT (EXISTS (SELECT FROM tenant_invoices WHERE tenant_id = ${close.tenantId} AND period = ${close.period})
        OR EXISTS (SELECT FROM billed_periods WHERE tenant_id = ${close.tenantId} AND period = ${close.period})
        OR EXISTS (SELECT ${fromPeriodsToAdjust(close.tenantId, close.period)})
        OR EXISTS (SELECT FROM manual_lines WHERE ${isOpenManualLine(close.tenantId, close.period)})) AS "isOrdinary", ${compressing} AS "isCompressed"
    FROM period_closes c
    LEFT JOIN period_close_tenants t ON t.period = c.period AND t.revision = c.revision AND t.tenant_id = ${close.tenantId}
    LEFT JOIN LATERAL (${factsAtClose(close)}) AS h ON t.hash IS NOT NULL
    WHERE c.period = ${close.period} AND c.revision = ${close.closeRevision}`.execute(db);
  return rows[0] ?? null;
};

/**
 * The tenants that a close may have something to bill for: those with usage, a subscription, a minimum commitment, a line added by
 * hand, or an earlier month to adjust.
 */
export const tenantsToInvoice = async (
  db: Db,
  close: { period: Period; revision: number; start: Temporal.Instant; end: Temporal.Instant },
): Promise<string[]> => {
  const { rows } = await sql<{ tenant_id: string }>`
    SELECT tenant_id FROM period_close_tenants WHERE period = ${close.period} AND revision = ${close.revision}
    UNION SELECT tenant_id FROM subscriptions WHERE starts_at < ${close.end.toString()} AND (ends_at IS NULL OR ends_at > ${close.start.toString()})
    UNION SELECT tenant_id FROM tenant_terms WHERE type = 'commitment' AND (term ->> 'from')::date < ${close.end.toString()}::timestamptz
      AND (term ->> 'until' IS NULL OR (term ->> 'until')::date > ${close.start.toString()}::timestamptz)
    UNION SELECT tenant_id FROM manual_lines WHERE period <= ${close.period} AND invoice_id IS NULL AND amount_cents + credited_cents <> 0
    UNION SELECT tenant_id FROM billed_periods WHERE period < ${close.period} AND terms_changed
    UNION SELECT tenant_id FROM usage_facts WHERE period < ${close.period} AND close_revision > 1 AND superseded_at IS NULL AND adjusted_by IS NULL
    ORDER BY 1`.execute(db);
  return rows.map(({ tenant_id }) => tenant_id);
};

/** Requests that the next forced close of a period is for this tenant; repeating it changes nothing. */
export const insertForcedRun = async (
  db: Db,
  run: { period: Period; tenantId: string; at: Temporal.Instant },
): Promise<void> => {
  await sql`INSERT INTO forced_runs (period, tenant_id, requested_at) VALUES (${run.period}, ${run.tenantId}, ${run.at.toString()})
    ON CONFLICT DO NOTHING`.execute(db);
};

export const deleteForcedRun = async (db: Db, run: { period: Period; tenantId: string }): Promise<void> => {
  await sql`DELETE FROM forced_runs WHERE period = ${run.period} AND tenant_id = ${run.tenantId}`.execute(db);
};

/** Takes the tenants for which a forced close was requested. Empty: the close is for all tenants. */
export const takeForcedTenants = async (db: Db, period: Period): Promise<string[]> => {
  const { rows } = await sql<{
    tenant_id: string;
  }>`DELETE FROM forced_runs WHERE period = ${period} RETURNING tenant_id`.execute(db);
  return rows.map(({ tenant_id }) => tenant_id);
};

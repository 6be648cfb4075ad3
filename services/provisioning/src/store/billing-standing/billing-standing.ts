import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from '../schema.ts';

export type StandingChange = {
  invoiceId: string;
  deploymentId: string;
  overdueAt: string | null;
  settledAt: string | null;
};

/** Records that invoices are overdue or settled. Both are final, so a repeated event changes nothing. */
export async function saveStanding(db: Transaction<Tables>, changes: readonly StandingChange[]): Promise<void> {
  const column = <T>(pick: (change: StandingChange) => T) => changes.map(pick);
  await sql`
    INSERT INTO billing_standing AS standing (invoice_id, deployment_id, overdue_at, settled_at)
    SELECT invoice_id, deployment_id, min(overdue_at), min(settled_at) FROM unnest(
      ${column((c) => c.invoiceId)}::uuid[], ${column((c) => c.deploymentId)}::uuid[],
      ${column((c) => c.overdueAt)}::timestamptz[], ${column((c) => c.settledAt)}::timestamptz[]
    ) AS received (invoice_id, deployment_id, overdue_at, settled_at)
    GROUP BY invoice_id, deployment_id
    ON CONFLICT (deployment_id, invoice_id) DO UPDATE SET
      overdue_at = coalesce(standing.overdue_at, excluded.overdue_at),
      settled_at = coalesce(standing.settled_at, excluded.settled_at)`.execute(db);
}

/** The deployments, of those given, that have an overdue invoice. */
export async function withOverdueInvoices(
  db: Transaction<Tables>,
  deploymentIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await sql<{ deployment_id: string }>`
    SELECT DISTINCT deployment_id FROM billing_standing
    WHERE deployment_id = ANY(${deploymentIds}::uuid[]) AND overdue_at IS NOT NULL AND settled_at IS NULL`.execute(db);
  return new Set(rows.rows.map(({ deployment_id }) => deployment_id));
}

/** Deployments that are past_due, not held, and have an invoice overdue since the limit or longer. */
export async function longOverdueDeployments(
  db: Kysely<Tables>,
  limit: Temporal.Instant,
): Promise<{ deployment_id: string; slug: string }[]> {
  const rows = await sql<{ deployment_id: string; slug: string }>`
    SELECT deployment_id, slug FROM cloud_deployments AS deployment
    WHERE state = 'past_due' AND NOT billing_action_suspended AND EXISTS (
      SELECT 1 FROM billing_standing AS standing
      WHERE standing.deployment_id = deployment.deployment_id AND settled_at IS NULL AND overdue_at <= ${limit.toString()})
    ORDER BY deployment_id`.execute(db);
  return rows.rows;
}

/** Deployments that billing suspended and that no operator holds. */
export async function suspendedByBilling(db: Kysely<Tables>): Promise<string[]> {
  const rows = await db
    .selectFrom('cloud_deployments')
    .select('deployment_id')
    .where('state', '=', 'suspended')
    .where('state_by', '=', 'billing')
    .where('billing_action_suspended', '=', false)
    .orderBy('deployment_id')
    .execute();
  return rows.map(({ deployment_id }) => deployment_id);
}

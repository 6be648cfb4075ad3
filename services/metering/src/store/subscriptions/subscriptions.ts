import type { EventData, invoicing } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

type Subscription = EventData<typeof invoicing.subscriptionChanged>;

/** Stores every revision, so that an earlier month is compared with the terms of its time. */
export async function projectSubscriptions(db: Kysely<Tables>, rows: readonly Subscription[]): Promise<void> {
  const column = <T>(pick: (one: Subscription) => T) => rows.map(pick);
  await sql`
    INSERT INTO subscriptions (subscription_id, revision, tenant_id, deployment_id, status, effective_at, starts_at, ends_at, items, addons)
    SELECT * FROM unnest(
      ${column((s) => s.subscription_id)}::uuid[], ${column((s) => s.revision)}::int[], ${column((s) => s.tenant_id)}::text[],
      ${column((s) => s.deployment_id)}::uuid[], ${column((s) => s.status)}::text[],
      ${column((s) => s.effective_at)}::timestamptz[], ${column((s) => s.starts_at)}::timestamptz[],
      ${column((s) => s.ends_at)}::timestamptz[], ${column((s) => JSON.stringify(s.plan.items))}::json[],
      ${column((s) => JSON.stringify(s.addons))}::json[])
    ON CONFLICT (subscription_id, revision) DO NOTHING`.execute(db);
}

export async function noteInvoiced(
  db: Kysely<Tables>,
  invoices: readonly { period: string; tenant_id: string; close_revision: number }[],
): Promise<void> {
  await sql`
    INSERT INTO invoiced (period, tenant_id, close_revision)
    SELECT period, tenant_id, max(close_revision) FROM unnest(
      ${invoices.map(({ period }) => period)}::text[], ${invoices.map(({ tenant_id }) => tenant_id)}::text[],
      ${invoices.map(({ close_revision }) => close_revision)}::int[]
    ) AS incoming (period, tenant_id, close_revision)
    GROUP BY period, tenant_id
    ON CONFLICT (period, tenant_id) DO UPDATE SET close_revision = greatest(invoiced.close_revision, excluded.close_revision)`.execute(
    db,
  );
}

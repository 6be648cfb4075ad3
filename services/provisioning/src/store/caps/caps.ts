import type { EventData, invoicing } from '@arcadia/contracts';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from '../schema.ts';

type Subscription = EventData<typeof invoicing.subscriptionChanged>;

/** Stores the caps of every revision: of those in effect at an instant the highest one holds. */
export async function saveCaps(db: Transaction<Tables>, changed: readonly Subscription[]): Promise<void> {
  const column = <T>(pick: (one: Subscription) => T) => changed.map(pick);
  await sql`
    INSERT INTO subscription_caps (subscription_id, revision, deployment_id, plan_code, effective_at, starts_at, ends_at, caps)
    SELECT * FROM unnest(
      ${column((s) => s.subscription_id)}::uuid[], ${column((s) => s.revision)}::int[],
      ${column((s) => s.deployment_id)}::uuid[], ${column((s) => s.plan.code)}::text[],
      ${column((s) => s.effective_at)}::timestamptz[], ${column((s) => s.starts_at)}::timestamptz[],
      ${column((s) => s.ends_at)}::timestamptz[], ${column((s) => JSON.stringify(capsOf(s)))}::json[])
    ON CONFLICT (subscription_id, revision) DO NOTHING`.execute(db);
}

const capsOf = ({ plan }: Subscription): Record<string, string> =>
  Object.fromEntries(
    plan.items.flatMap(({ kind, dimension, hard_cap_qty }) =>
      // An item for some sizes only never has a cap.
      hard_cap_qty === null || dimension !== undefined ? [] : [[kind, hard_cap_qty] as const],
    ),
  );

/** The caps of a deployment's subscription at an instant, by billing kind; null: it has no subscription. */
export async function capsInForce(
  db: Kysely<Tables>,
  deploymentId: string,
  at: Temporal.Instant,
): Promise<{ plan_code: string; caps: Record<string, string> } | null> {
  const found = await sql<{ plan_code: string; caps: Record<string, string> }>`
    SELECT plan_code, caps FROM (
      SELECT DISTINCT ON (subscription_id) * FROM subscription_caps
      WHERE deployment_id = ${deploymentId} AND effective_at <= ${at.toString()}::timestamptz
      ORDER BY subscription_id, revision DESC
    ) AS latest
    WHERE starts_at <= ${at.toString()}::timestamptz AND (ends_at IS NULL OR ends_at > ${at.toString()}::timestamptz)
    ORDER BY starts_at DESC, subscription_id LIMIT 1`.execute(db);
  return found.rows[0] ?? null;
}

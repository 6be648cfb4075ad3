import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Terms } from '../../domain/subscriptions/included.ts';
import type { Tables } from '../schema.ts';

/** Terms of each deployment's subscription at an instant; deployments without a subscription are left out. */
export async function termsInForce(
  db: Kysely<Tables>,
  deployments: readonly string[],
  at: Temporal.Instant,
): Promise<Map<string, Terms>> {
  if (deployments.length === 0) return new Map();
  const result = await sql<Terms & { deployment_id: string }>`${termsAt(
    sql`= ANY (${[...deployments]}::uuid[])`,
    at,
  )}`.execute(db);
  return new Map(result.rows.map(({ deployment_id, ...terms }) => [deployment_id, terms]));
}

/** The same as a query of `deployment_id`, `items` and `addons`. @param isWanted a condition that follows the deployment's id */
export const termsAt = (isWanted: RawBuilder<unknown>, at: Temporal.Instant) => sql`
    SELECT DISTINCT ON (deployment_id) deployment_id, items, addons
    FROM (
      SELECT DISTINCT ON (subscription_id) subscription_id, deployment_id, starts_at, ends_at, items, addons FROM subscriptions
      WHERE deployment_id ${isWanted} AND effective_at <= ${at.toString()}::timestamptz
      ORDER BY subscription_id, revision DESC
    ) AS latest
    WHERE starts_at <= ${at.toString()}::timestamptz AND (ends_at IS NULL OR ends_at > ${at.toString()}::timestamptz)
    ORDER BY deployment_id, starts_at DESC, subscription_id`;

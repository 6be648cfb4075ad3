import type { Period } from '@arcadia/contracts';
import { sql } from 'kysely';
import type { Db } from './schema.ts';

/** Of these deployments those that have a threshold, or a plan with a cap: all others need no look. */
export const deploymentsWatched = async (
  db: Db,
  facts: readonly { deployment_id: string; period: Period }[],
): Promise<{ deployment_id: string; period: Period }[]> => {
  if (facts.length === 0) return [];
  const { rows } = await sql<{ deployment_id: string; period: Period }>`
    SELECT DISTINCT f.deployment_id, f.period
    FROM unnest(${facts.map((f) => f.deployment_id)}::uuid[], ${facts.map((f) => f.period)}::text[]) AS f(deployment_id, period)
    WHERE EXISTS (SELECT 1 FROM alert_rules r WHERE r.deployment_id = f.deployment_id)
      OR EXISTS (SELECT 1 FROM subscriptions s JOIN subscription_plans p USING (subscription_id) JOIN plan_items i USING (plan_code, version)
        WHERE s.deployment_id = f.deployment_id AND i.hard_cap_qty IS NOT NULL)`.execute(db);
  return rows;
};

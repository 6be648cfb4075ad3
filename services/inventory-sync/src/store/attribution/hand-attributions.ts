import { textLines } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/**
 * Keeps one decision of a person about several resources; another for the same resource and instant replaces it, unless it decides the
 * same. The decision that is replaced stays in the history of its resource.
 */
export async function keepHandAttributions(
  db: Kysely<Tables>,
  resources: readonly { resourceId: string; effectiveAt: Temporal.Instant }[],
  decision: {
    isAutomatic: boolean;
    tenantId: string | null;
    deploymentId: string | null;
    actor: string;
    reason: string | null;
    decidedAt: Temporal.Instant;
  },
): Promise<void> {
  await sql`
    INSERT INTO hand_attributions (resource_id, effective_at, is_automatic, tenant_id, deployment_id, actor, reason, decided_at)
    SELECT resource_id::uuid, effective_at::timestamptz, ${decision.isAutomatic}, ${decision.tenantId}, ${decision.deploymentId}::uuid,
      ${decision.actor}, ${decision.reason}, ${decision.decidedAt.toString()}::timestamptz
    FROM ROWS FROM (
      ${textLines(resources.map(({ resourceId }) => resourceId))},
      ${textLines(resources.map(({ effectiveAt }) => effectiveAt.toString()))}
    ) AS t(resource_id, effective_at)
    ON CONFLICT (resource_id, effective_at) DO UPDATE SET is_automatic = excluded.is_automatic, tenant_id = excluded.tenant_id,
      deployment_id = excluded.deployment_id, actor = excluded.actor, reason = excluded.reason, decided_at = excluded.decided_at
      WHERE (hand_attributions.is_automatic, hand_attributions.tenant_id, hand_attributions.deployment_id)
        IS DISTINCT FROM (excluded.is_automatic, excluded.tenant_id, excluded.deployment_id)`.execute(db);
}

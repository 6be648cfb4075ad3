import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** Keeps an attribution by hand; another for the same instant replaces it. */
export async function keepHandAttribution(
  db: Kysely<Tables>,
  claim: {
    resourceId: string;
    effectiveAt: Temporal.Instant;
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
    VALUES (${claim.resourceId}, ${claim.effectiveAt.toString()}, ${claim.isAutomatic}, ${claim.tenantId}, ${claim.deploymentId},
      ${claim.actor}, ${claim.reason}, ${claim.decidedAt.toString()})
    ON CONFLICT (resource_id, effective_at) DO UPDATE SET is_automatic = excluded.is_automatic, tenant_id = excluded.tenant_id,
      deployment_id = excluded.deployment_id, actor = excluded.actor, reason = excluded.reason, decided_at = excluded.decided_at`.execute(
    db,
  );
}

import { type Kysely, sql, type Transaction } from 'kysely';
import { claimsOf } from '../../domain/deployments/deployment.ts';
import type { Tables } from '../schema.ts';

/** A project or a tag, and the deployment that it belongs to. */
export type BindingClaim = Tables['binding_claims'];

/**
 * Finds the claims of a deployment that belong to other deployments. Locks all bindings until the transaction ends, so that a
 * binding that is free now can be claimed.
 */
export async function foreignClaims(
  db: Transaction<Tables>,
  deployment: Parameters<typeof claimsOf>[0] & { deployment_id: string },
): Promise<BindingClaim[]> {
  const claims = claimsOf(deployment);
  if (claims.length === 0) return [];
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('provisioning.bindings', 0))`.execute(db);
  const foreign = await sql<BindingClaim>`
    SELECT claim, deployment_id FROM (
      -- Older rows hold tags in the case in which they were bound.
      SELECT CASE WHEN claim LIKE 'tag:%' THEN lower(claim) ELSE claim END AS claim, deployment_id FROM binding_claims
    ) AS claimed
    WHERE claim = ANY(${claims}::text[]) AND deployment_id <> ${deployment.deployment_id} ORDER BY claim`.execute(db);
  return foreign.rows;
}

/** Makes the claims of a deployment equal to its bindings. */
export async function claimBindings(
  db: Transaction<Tables>,
  deployment: Parameters<typeof claimsOf>[0] & { deployment_id: string },
): Promise<void> {
  const claims = claimsOf(deployment);
  await sql`
    DELETE FROM binding_claims
    WHERE deployment_id = ${deployment.deployment_id} AND claim <> ALL(${claims}::text[])`.execute(db);
  await sql`
    INSERT INTO binding_claims (claim, deployment_id)
    SELECT DISTINCT claim, ${deployment.deployment_id}::uuid FROM unnest(${claims}::text[]) AS claim
    ON CONFLICT (claim) DO NOTHING`.execute(db);
}

/** Those of these claims that no deployment has. */
export async function unclaimed(db: Kysely<Tables>, claims: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ claim: string }>`
    SELECT DISTINCT named.claim FROM unnest(${claims}::text[]) AS named(claim)
    WHERE NOT EXISTS (SELECT 1 FROM binding_claims AS b
      WHERE b.claim = named.claim OR (b.claim LIKE 'tag:%' AND lower(b.claim) = named.claim))`.execute(db);
  return rows.map(({ claim }) => claim);
}

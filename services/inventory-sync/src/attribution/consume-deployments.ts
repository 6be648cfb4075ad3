import type { provisioning } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { CommandContext, Tx } from '../context.ts';
import { toMicroseconds } from '../domain/resources/resource.ts';
import { holdAttribution } from '../store/attribution/attribution-lock.ts';
import { keepDeployments } from '../store/attribution/deployments.ts';
import { attributeByRules } from './attribute-by-rules.ts';

/** A new deployment, or one with other bindings, may own resources that were unowned or belonged to another deployment. */
export async function consumeDeployments(
  batch: Received<typeof provisioning.deploymentChanged>[],
  tx: Tx,
  ctx: CommandContext,
): Promise<void> {
  await holdAttribution(tx.sql);
  const hasChanged = await keepDeployments(
    tx.sql,
    batch.map(({ data }) => data),
  );
  const now = toMicroseconds(ctx.clock.now());
  if (hasChanged) await attributeByRules(tx, { at: now, now, kinds: null });
}

import { provisioning } from '@arcadia/contracts';
import { consumer } from '@arcadia/platform';
import { attributeByRules } from './attribute-by-rules.ts';
import type { Config } from './config.ts';
import { toMicroseconds } from './domain/resource.ts';
import { holdAttribution } from './store/attribution-lock.ts';
import { keepDeployments } from './store/deployments.ts';
import type { Database } from './store/schema.ts';

/** A deployment that is new, or bound to something else, may own what was nobody's, or another's. */
export const consumeDeployments = consumer<typeof provisioning.deploymentChanged, Database, Config>({
  name: 'deployments',
  consumes: [provisioning.deploymentChanged],
  async handle(batch, tx, ctx) {
    await holdAttribution(tx.sql);
    const hasChanged = await keepDeployments(
      tx.sql,
      batch.map(({ data }) => data),
    );
    const now = toMicroseconds(ctx.clock.now());
    if (hasChanged) await attributeByRules(tx, { at: now, now, kinds: null });
  },
});

import { provisioning } from '@arcadia/contracts';
import { consumer } from '@arcadia/platform';
import type { MeteringConfig } from './config.ts';
import { projectDeployments } from './store/deployments.ts';
import type { MeteringTables } from './store/schema.ts';

/** Which deployments there are and whose: reported usage is accepted for these only. */
export const consumeDeployments = consumer<typeof provisioning.deploymentChanged, MeteringTables, MeteringConfig>({
  name: 'deployments',
  consumes: [provisioning.deploymentChanged],
  async handle(batch, tx) {
    await projectDeployments(
      tx.sql,
      batch.map(({ data }) => data),
    );
  },
});

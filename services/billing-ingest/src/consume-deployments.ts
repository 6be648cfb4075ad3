import { provisioning } from '@arcadia/contracts';
import { consumer } from '@arcadia/platform';
import type { Config } from './config.ts';
import { projectDeployments } from './store/deployments.ts';
import type { Database } from './store/schema.ts';

/** Which deployments there are and whose: allocation rules may name these only. */
export const consumeDeployments = consumer<typeof provisioning.deploymentChanged, Database, Config>({
  name: 'deployments',
  consumes: [provisioning.deploymentChanged],
  handle: async (batch, tx) => {
    await projectDeployments(
      tx.sql,
      batch.map(({ data }) => data),
    );
  },
});

import { drift, invoicing, provisioning } from '@arcadia/contracts';
import { consumeDeployments } from './attribution/consume-deployments.ts';
import { consumer } from './context.ts';
import { consumeDrift } from './resources/consume-drift.ts';
import { consumeTenants } from './tenants/consume-tenants.ts';

export const consumers = [
  consumer({ name: 'deployments', consumes: [provisioning.deploymentChanged], handle: consumeDeployments }),
  // Each drift adds an entry to a log, so a repeated delivery must not reach the handler.
  consumer({ name: 'drift', consumes: [drift.driftDetected], dedupe: 'inbox', handle: consumeDrift }),
  consumer({ name: 'tenants', consumes: [invoicing.tenantCreated], handle: consumeTenants }),
];

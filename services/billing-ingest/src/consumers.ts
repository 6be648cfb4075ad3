import { inventorySync, invoicing, metering, provisioning } from '@arcadia/contracts';
import { consumer } from './context.ts';
import { consumeDeployments } from './deployments/consume-deployments.ts';
import { consumeProjectBindings } from './deployments/consume-project-bindings.ts';
import { consumeResources } from './resources/consume-resources.ts';
import { consumeTenants } from './tenants/consume-tenants.ts';
import { consumeUsage } from './usage/consume-usage.ts';

export const consumers = [
  consumer({
    name: 'resources',
    consumes: [inventorySync.resourceObserved, inventorySync.priceObserved],
    handle: consumeResources,
  }),
  consumer({ name: 'usage', consumes: [metering.usageAccrued], handle: consumeUsage }),
  consumer({ name: 'deployments', consumes: [provisioning.deploymentChanged], handle: consumeDeployments }),
  consumer({ name: 'project-bindings', consumes: [provisioning.deploymentChanged], handle: consumeProjectBindings }),
  consumer({ name: 'tenants', consumes: [invoicing.tenantCreated], handle: consumeTenants }),
];

import { provisioning } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

const one = '/api/v1/deployments/{deployment_id}';

export const deploymentRoutes: readonly Route[] = [
  route('get', '/api/v1/deployments', provisioning.listDeployments),
  route('post', '/api/v1/deployments', provisioning.createDeployment, { status: 201 }),
  route('get', one, provisioning.getDeployment),
  route('patch', one, provisioning.updateDeployment),
  route('get', `${one}/events`, provisioning.listDeploymentEvents),
  route('post', `${one}/transition`, provisioning.transitionDeployment),
];

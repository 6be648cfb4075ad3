import { invoicing } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

const tag = 'subscriptions';
const location = '/api/v1/deployments/{deployment_id}/subscription';

export const subscriptionRoutes: readonly Route[] = [
  route('get', '/api/v1/subscriptions', invoicing.listSubscriptions),
  route('get', '/api/v1/deployments/{deployment_id}/subscription', invoicing.getSubscription, { tag }),
  route('post', '/api/v1/deployments/{deployment_id}/subscribe', invoicing.subscribe, {
    status: 201,
    location,
    tag,
  }),
  route('post', '/api/v1/deployments/{deployment_id}/subscription/change-plan', invoicing.changePlan, { tag }),
  route('post', '/api/v1/deployments/{deployment_id}/subscription/cancel', invoicing.cancelSubscription, { tag }),
  route('post', '/api/v1/deployments/{deployment_id}/subscription/pause', invoicing.pauseSubscription, { tag }),
  route('post', '/api/v1/deployments/{deployment_id}/subscription/resume', invoicing.resumeSubscription, { tag }),
  route('post', '/api/v1/deployments/{deployment_id}/subscription/end-trial', invoicing.endTrial, { tag }),
  route('post', '/api/v1/deployments/{deployment_id}/subscription/addons', invoicing.attachAddon, {
    status: 201,
    location,
    tag,
  }),
  route('post', '/api/v1/deployments/{deployment_id}/subscription/addons/{addon_id}/detach', invoicing.detachAddon, {
    tag,
  }),
];

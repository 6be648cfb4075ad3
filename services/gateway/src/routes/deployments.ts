import { invoicing, isRefusal, provisioning } from '@arcadia/contracts';
import { ServiceUnavailable } from '@arcadia/platform';
import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { z } from 'zod';
import { problemOfRefusal } from '../problem.ts';
import {
  describe,
  type GatewayContext,
  type GatewayEnv,
  problemResponses,
  type Route,
  requireRole,
  route,
  sendRequest,
} from '../route.ts';

const one = '/api/v1/deployments/{deployment_id}';
const contract = provisioning.getDeployment;

/** A deployment with what its reader wants to know next. */
const detail = contract.output.extend({
  /** The one that is live; null when there is none. */
  subscription: invoicing.subscription.nullable(),
  /** The latest fifty, newest first. */
  events: z.array(provisioning.deploymentEvent),
  /** The services that could not be asked: what comes from them is missing, not absent. */
  unavailable: z.array(z.string()),
});

/** One deployment, put together from the service that keeps it and the one that charges for it. */
const deploymentDetail: Route = {
  method: 'get',
  path: one,
  contract,
  register: (app, gateway) => {
    const definition = createRoute({
      ...describe('get', one, contract),
      middleware: requireRole(contract),
      request: { params: contract.input, query: z.strictObject({}) },
      responses: {
        ...problemResponses(contract),
        200: { description: 'The deployment.', content: { 'application/json': { schema: detail } } },
      },
    });
    const handle = async (c: Context<GatewayEnv>): Promise<Response> => {
      const { deployment_id } = c.req.valid('param' as never) as { deployment_id: string };
      const deployment = await sendRequest(c, gateway, contract, { deployment_id });
      if (isRefusal(deployment)) return problemOfRefusal(c, deployment);
      const [events, subscriptions] = await Promise.all([
        sendRequest(c, gateway, provisioning.listDeploymentEvents, { deployment_id }),
        subscriptionsOf(c, gateway, deployment_id),
      ]);
      return c.json({
        ...deployment,
        subscription: subscriptions?.find(({ status }) => status !== 'cancelled') ?? null,
        events: isRefusal(events) ? [] : events.items,
        unavailable: subscriptions === null ? ['invoicing'] : [],
      });
    };
    app.openapi(definition, handle as never);
  },
};

/** Null: the service that keeps them cannot be asked now. */
async function subscriptionsOf(c: Context<GatewayEnv>, gateway: GatewayContext, deployment: string) {
  try {
    const answer = await sendRequest(c, gateway, invoicing.listSubscriptions, { deployment, limit: 10 });
    return isRefusal(answer) ? [] : answer.items;
  } catch (error) {
    if (error instanceof ServiceUnavailable) return null;
    throw error;
  }
}

export const deploymentRoutes: readonly Route[] = [
  route('get', '/api/v1/deployments', provisioning.listDeployments),
  route('post', '/api/v1/deployments', provisioning.createDeployment, { status: 201 }),
  deploymentDetail,
  route('patch', one, provisioning.updateDeployment),
  route('get', `${one}/events`, provisioning.listDeploymentEvents),
  route('post', `${one}/transition`, provisioning.transitionDeployment),
];

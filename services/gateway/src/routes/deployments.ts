import { invoicing, isRefusal, provisioning } from '@arcadia/contracts';
import { ServiceUnavailable } from '@arcadia/platform';
import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { admit } from '../admit.ts';
import type { Context, HttpContext } from '../context.ts';
import { describe, problemResponses, responseHeaders } from '../operation.ts';
import { problemOfRefusal } from '../problems/problem.ts';
import { jsonResponse, type Route, route, sendRequest, tagAnswer } from '../route.ts';

const one = '/api/v1/deployments/{deployment_id}';
const contract = provisioning.getDeployment;
const described = { method: 'get' as const, path: one, contract, tag: 'deployments' as const };

/** A deployment with its subscription and its latest events. */
const detail = contract.output.extend({
  subscription: invoicing.subscription.nullable().meta({ description: 'The current subscription; null without one.' }),
  events: z.array(provisioning.deploymentEvent).meta({ description: 'The latest 50 events, newest first.' }),
  unavailable: z.array(z.string()).meta({
    description:
      'Services that did not answer. Their part is missing here, which does not mean that it does not exist.',
    example: ['invoicing'],
  }),
});

/** One deployment, composed from the service that owns it and the one that bills it. */
const deploymentDetail: Route = {
  ...described,
  register: (app, ctx) => {
    const definition = createRoute({
      ...describe(described),
      middleware: admit(described),
      request: { params: contract.input, query: z.strictObject({}) },
      responses: {
        ...problemResponses(described),
        200: { ...jsonResponse('The deployment.', detail), ...responseHeaders(described) },
      },
    });
    const handle = async (c: HttpContext): Promise<Response> => {
      const { deployment_id } = c.req.valid('param' as never) as { deployment_id: string };
      const deployment = await sendRequest(c, ctx, contract, { deployment_id });
      if (isRefusal(deployment)) return problemOfRefusal(c, deployment);
      const [events, subscriptions] = await Promise.all([
        sendRequest(c, ctx, provisioning.listDeploymentEvents, { deployment_id }),
        subscriptionsOf(c, ctx, deployment_id),
      ]);
      tagAnswer(c, contract, deployment);
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

/** The subscriptions of a deployment; null while invoicing does not answer. */
async function subscriptionsOf(c: HttpContext, ctx: Context, deployment_id: string) {
  try {
    const answer = await sendRequest(c, ctx, invoicing.listSubscriptions, { deployment_id, limit: 10 });
    return isRefusal(answer) ? [] : answer.items;
  } catch (error) {
    if (error instanceof ServiceUnavailable) return null;
    throw error;
  }
}

export const deploymentRoutes: readonly Route[] = [
  route('get', '/api/v1/deployments', provisioning.listDeployments),
  route('post', '/api/v1/deployments', provisioning.createDeployment, { status: 201, location: one }),
  deploymentDetail,
  route('patch', one, provisioning.updateDeployment),
  route('get', `${one}/events`, provisioning.listDeploymentEvents),
  route('get', `${one}/left-behind`, provisioning.listLeftBehind),
  route('post', `${one}/transition`, provisioning.transitionDeployment),
];

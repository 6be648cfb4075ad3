import { notifications } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

const one = '/api/v1/webhook-endpoints/{endpoint_id}';
const delivery = '/api/v1/webhook-deliveries/{delivery_id}';

export const webhookRoutes: readonly Route[] = [
  route('get', '/api/v1/webhook-endpoints', notifications.listWebhookEndpoints),
  route('post', '/api/v1/webhook-endpoints', notifications.createWebhookEndpoint, { status: 201, location: one }),
  route('get', one, notifications.getWebhookEndpoint),
  route('patch', one, notifications.updateWebhookEndpoint),
  route('post', `${one}/disable`, notifications.disableWebhookEndpoint),
  route('post', `${one}/enable`, notifications.enableWebhookEndpoint),
  route('post', `${one}/rotate-secret`, notifications.rotateWebhookSecret),
  route('get', `${one}/summary`, notifications.summarizeWebhookEndpoint),
  route('post', `${one}/test`, notifications.testWebhookEndpoint, { status: 202, location: delivery }),
  route('post', `${one}/replay`, notifications.replayWebhookDeliveries, { status: 202, location: `${one}/deliveries` }),
  route('get', `${one}/deliveries`, notifications.listWebhookDeliveries),
  route('get', delivery, notifications.getWebhookDelivery),
  route('post', `${delivery}/replay`, notifications.replayWebhookDelivery, { status: 202, location: delivery }),
  route('delete', one, notifications.deleteWebhookEndpoint),
];

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { notifications } from '@arcadia/contracts';
import { type Api, ApiError } from '@arcadia/gateway-client';
import type { Mailbox } from '@arcadia/mailbox-stand-in';
import { z } from 'zod';
import type { Home } from './home.ts';

const kept = z.object({ endpoint_id: z.string(), secret: z.string() });

/** All types of events, so that the receiver shows each of them. */
const everyType = [
  ...Object.keys(notifications.tenantNotifications),
  ...Object.keys(notifications.operatorNotifications),
] as notifications.NotificationType[];

/**
 * Lets the test receiver of a local stack get the operator's webhooks. The endpoint and its secret, which is shown once, are kept with the
 * data of the world, so that they hold over starts.
 */
export async function subscribeReceiver(api: Api, home: Home, mailbox: Mailbox): Promise<void> {
  const file = home.at('webhook-receiver.json');
  const known = existsSync(file) ? kept.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;
  const url = mailbox.webhookUrl;
  if (known !== null && (await movesTo(api, known.endpoint_id, url))) return mailbox.expectWebhooks(known.secret);
  const made = await api.request(notifications.createWebhookEndpoint, {
    ...{ url, event_types: everyType, description: 'test receiver of this machine' },
  });
  const secret = made.secret ?? '';
  mailbox.expectWebhooks(secret);
  writeFileSync(file, JSON.stringify({ endpoint_id: made.endpoint_id, secret }), { mode: 0o600 });
}

/** Moves the endpoint to another URL if it has to; false if it exists no more. */
async function movesTo(api: Api, endpoint_id: string, url: string): Promise<boolean> {
  try {
    const endpoint = await api.request(notifications.getWebhookEndpoint, { endpoint_id });
    if (endpoint.url !== url) await api.request(notifications.updateWebhookEndpoint, { endpoint_id, url });
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.word === 'not-found') return false;
    throw error;
  }
}

import { createHmac } from 'node:crypto';

/** How the Standard Webhooks specification begins a secret. */
export const secretPrefix = 'whsec_';

/**
 * The header `webhook-signature`: `v1,` and the base64 of the HMAC-SHA256 over id, timestamp and body, once for each secret, separated
 * by spaces (https://www.standardwebhooks.com).
 * @param timestamp whole seconds since 1970
 */
export const signatures = (
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
  secrets: readonly string[],
): string =>
  secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(secretPrefix.length), 'base64');
      return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
    })
    .join(' ');

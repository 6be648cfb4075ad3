import { randomUUID } from 'node:crypto';
import { type JobRun, systemClock } from '@arcadia/platform';
import { type WebhookPoster, webhookPoster } from '../clients/post-webhook.ts';
import type { Context } from '../context.ts';
import { type AttemptResult, judgeAttempt, retryAfterMs } from '../domain/judge-attempt.ts';
import { signatures } from '../domain/signature.ts';
import { enqueueNext } from '../notifications/enqueue-next.ts';
import { runAttempts } from '../notifications/run-attempts.ts';
import { open } from '../notifications/sealing.ts';
import { sharedPace } from '../notifications/shared-pace.ts';
import { type Claimed, claimDeliveries, nextDue } from '../store/claim-deliveries.ts';
import { type Attempted, settle } from './settle-attempts.ts';

/** Attempts in progress in one run, over all endpoints. */
const mostInProgress = 256;
/** A lease outlives the attempt by this much, in milliseconds. */
const leaseMarginMs = 30_000;

/**
 * Delivers all webhooks that are due. Deliveries are claimed in batches, posted side by side, and recorded in batches; a delivery whose
 * worker dies is due again at the end of its lease. Ends when nothing is due, and enqueues itself for the time of the next attempt.
 */
export async function deliverWebhooks({ signal }: Pick<JobRun<object>, 'signal'>, ctx: Context): Promise<void> {
  const { allowsLoopback, dnsServers, webhookTimeoutMs: timeoutMs } = ctx.config;
  const poster = webhookPoster({ allowsLoopback, dnsServers, timeoutMs });
  const lease = randomUUID();
  const sending = { poster, secretOf: secretsOpenedBy(ctx.config.keys) };
  try {
    await runAttempts(
      {
        name: 'webhook',
        mostInProgress,
        pace: sharedPace(ctx.config, { name: 'webhook', perSecond: ctx.config.webhooksPerSecond }),
        claim: (most) => claim(ctx, lease, most),
        attempt: (delivery: Claimed) => attemptToDeliver(ctx, sending, delivery),
        settle: (ended: Attempted[]) => settle(ctx, ended, lease),
      },
      signal,
    );
  } finally {
    poster.close();
  }
  await enqueueNext(ctx, 'deliver-webhooks', await nextDue(ctx.db));
}

const claim = (ctx: Context, lease: string, most: number): Promise<Claimed[]> => {
  const now = ctx.clock.now();
  const until = now.add({ milliseconds: ctx.config.webhookTimeoutMs + leaseMarginMs });
  return claimDeliveries(ctx.db, { most, lease, now, until });
};

type Sending = { poster: WebhookPoster; secretOf: (sealed: string) => string };

/** How many secrets are kept in clear while a run lasts. */
const secretsKept = 1_000;

/** Decrypts secrets, each once: an endpoint has many deliveries in a burst. */
function secretsOpenedBy(keys: readonly string[]): (sealed: string) => string {
  const opened = new Map<string, string>();
  return (sealed) => {
    const secret = opened.get(sealed) ?? open(sealed, keys);
    if (opened.size >= secretsKept) opened.clear();
    opened.set(sealed, secret);
    return secret;
  };
}

async function attemptToDeliver(ctx: Context, sending: Sending, delivery: Claimed): Promise<Attempted> {
  const attemptedAt = ctx.clock.now();
  const startedMs = performance.now();
  const sent = await post(ctx, sending, delivery);
  // A receiver compares the wait with the real time, and so does the date that it asks for.
  const result: AttemptResult = {
    status: sent.status,
    retryAfterMs: retryAfterMs(sent.retryAfter, systemClock.now().epochMilliseconds),
  };
  return {
    delivery,
    attemptedAt,
    durationMs: Math.round(performance.now() - startedMs),
    status: sent.status,
    answer: sent.answer,
    error: sent.error ?? faultOfStatus(sent.status),
    judgement: judgeAttempt(result, delivery.tries + 1, Math.random()),
  };
}

async function post(ctx: Context, { poster, secretOf }: Sending, { notification_id: id, body, url, sealed }: Claimed) {
  // The receiver refuses a timestamp that is far from the real time, whatever a played clock shows.
  const timestamp = Math.floor(systemClock.now().epochMilliseconds / 1_000);
  let signature: string;
  try {
    signature = signatures({ id, timestamp, body }, sealed.map(secretOf));
  } catch (error) {
    ctx.log.error({ err: error, url }, 'a webhook could not be signed; it will be tried again');
    const detail = error instanceof Error ? error.message : String(error);
    return { status: null, retryAfter: undefined, answer: null, error: detail };
  }
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Arcadia-Cloud-Webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signature,
  };
  return await poster.post({ url, headers, body });
}

function faultOfStatus(status: number | null): string | null {
  if (status === null || (status >= 200 && status < 300)) return null;
  if (status >= 300 && status < 400) return `answered ${status}; redirects are not followed`;
  return `answered ${status}`;
}

import {
  type Actor,
  type invoicing,
  isRefusal,
  nameUuid,
  type Refusal,
  type RequestInput,
  type RequestOutput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { isPausedAt, liveAt, statusAt } from '../domain/subscriptions/subscription-state.ts';
import { findOfferedAddon } from '../store/catalog/addons.ts';
import { findPlanVersion } from '../store/catalog/plans.ts';
import type { Schema } from '../store/schema.ts';
import {
  endAddon,
  endPause,
  endSubscription,
  insertAddon,
  insertPause,
  insertPlanChange,
  setTrialEnd,
} from '../store/subscriptions/subscription-changes.ts';
import { type Subscription, subscriptionsOf } from '../store/subscriptions/subscriptions.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { type Context, knowDeployment } from '../tenants/look-up-deployment.ts';
import { effectiveAt } from './effective-at.ts';
import { publishSubscription, subscriptionView } from './publish-subscription.ts';

type Answer = RequestOutput<typeof invoicing.subscribe> | Refusal;

type Asked = { deployment_id: string; effective_at?: string | undefined; when?: 'now' | 'period_end' | undefined };

type Found = { tx: Tx<Schema>; subscription: Subscription; at: Temporal.Instant; now: Temporal.Instant };

/** What one change does to the subscription that holds at its instant; a refusal leaves everything as it was. */
type Change = (found: Found) => Promise<Refusal | null>;

/** The frame of every change: find the subscription, hold the tenant, decide, save, say. */
const changed = async (
  tx: Tx<Schema>,
  ctx: Context,
  asked: { input: Asked; actor: Actor },
  change: Change,
): Promise<Answer> => {
  const now = ctx.clock.now();
  const at = effectiveAt(asked.input, { actor: asked.actor, now });
  if (isRefusal(at)) return at;
  const { deployment_id } = asked.input;
  const deployment = await knowDeployment(tx.sql, ctx, {
    deploymentId: deployment_id,
    tenantId: tenantScope(asked.actor),
  });
  if (deployment === null) return refuse('not-found', `There is no deployment ${deployment_id}.`);
  await lockTenant(tx.sql, deployment.tenant_id);
  const subscription = liveAt(await subscriptionsOf(tx.sql, deployment_id), at);
  if (subscription === null)
    return refuse('not-subscribed', `Deployment ${deployment_id} has no subscription at ${at}.`);
  const refusal = await change({ tx, subscription, at, now });
  if (refusal !== null) return refusal;
  return subscriptionView(
    await publishSubscription(tx, { subscriptionId: subscription.subscription_id, from: at, now }),
    now,
  );
};

export const changePlan = (
  tx: Tx<Schema>,
  ctx: Context,
  asked: { input: RequestInput<typeof invoicing.changePlan>; actor: Actor },
): Promise<Answer> =>
  changed(tx, ctx, asked, async ({ subscription, at }) => {
    const { plan_code, plan_version } = asked.input;
    const plan = await findPlanVersion(tx.sql, { planCode: plan_code, version: plan_version ?? null });
    if (plan === null || plan.status === 'draft') return refuse('plan-not-found', `Plan ${plan_code} is not on offer.`);
    if (plan.currency !== subscription.currency) {
      return refuse(
        'currency-mismatch',
        `The subscription is in ${subscription.currency}, plan ${plan.code} is priced in ${plan.currency}.`,
      );
    }
    await insertPlanChange(tx.sql, {
      subscriptionId: subscription.subscription_id,
      at: notBeforeStart(subscription, at),
      plan,
    });
    return null;
  });

export const cancelSubscription = (
  tx: Tx<Schema>,
  ctx: Context,
  asked: { input: Asked; actor: Actor },
): Promise<Answer> =>
  changed(tx, ctx, asked, async ({ subscription, at }) => {
    await endSubscription(tx.sql, subscription.subscription_id, at.toString());
    return null;
  });

export const pauseSubscription = (
  tx: Tx<Schema>,
  ctx: Context,
  asked: { input: Asked; actor: Actor },
): Promise<Answer> =>
  changed(tx, ctx, asked, async ({ subscription, at }) => {
    if (isPausedAt(subscription, at)) return refuse('already-paused', `The subscription is paused at ${at} already.`);
    await insertPause(tx.sql, subscription.subscription_id, notBeforeStart(subscription, at));
    return null;
  });

/** Ends a pause; where there is none, takes back an end that has not come yet. */
export const resumeSubscription = (
  tx: Tx<Schema>,
  ctx: Context,
  asked: { input: Asked; actor: Actor },
): Promise<Answer> =>
  changed(tx, ctx, asked, async ({ subscription, at }) => {
    if (isPausedAt(subscription, at)) await endPause(tx.sql, subscription.subscription_id, at.toString());
    else if (subscription.ends_at !== null) {
      const later = (await subscriptionsOf(tx.sql, subscription.deployment_id)).some(
        (other) =>
          other.subscription_id !== subscription.subscription_id && other.starts_at >= (subscription.ends_at ?? ''),
      );
      if (later)
        return refuse('subscription-changed', 'The deployment is subscribed anew after this subscription ends.');
      await endSubscription(tx.sql, subscription.subscription_id, null);
    } else return refuse('nothing-to-resume', 'The subscription is neither paused nor ending.');
    return null;
  });

export const endTrial = (tx: Tx<Schema>, ctx: Context, asked: { input: Asked; actor: Actor }): Promise<Answer> =>
  changed(tx, ctx, asked, async ({ subscription, at }) => {
    if (subscription.trial_ends_at === null) return refuse('no-trial', 'The subscription has no trial.');
    await setTrialEnd(tx.sql, subscription.subscription_id, at.toString());
    return null;
  });

export const attachAddon = (
  tx: Tx<Schema>,
  ctx: Context,
  asked: { input: RequestInput<typeof invoicing.attachAddon>; actor: Actor },
): Promise<Answer> =>
  changed(tx, ctx, asked, async ({ subscription, at }) => {
    const addon = await findOfferedAddon(tx.sql, asked.input.addon_code);
    if (addon === null) return refuse('addon-not-found', `Addon ${asked.input.addon_code} is not on offer.`);
    if (addon.currency !== subscription.currency)
      return refuse('currency-mismatch', `Addon ${addon.code} is priced in ${addon.currency}.`);
    const { code, kind, qty, price_cents } = addon;
    await insertAddon(tx.sql, subscription.subscription_id, {
      addon_id: nameUuid('addon', subscription.subscription_id, String(subscription.addons.length + 1)),
      code,
      kind,
      qty,
      price_cents,
      quantity: asked.input.quantity,
      starts_at: notBeforeStart(subscription, at),
      ends_at: null,
    });
    return null;
  });

export const detachAddon = (
  tx: Tx<Schema>,
  ctx: Context,
  asked: { input: RequestInput<typeof invoicing.detachAddon>; actor: Actor },
): Promise<Answer> =>
  changed(tx, ctx, asked, async ({ subscription, at }) => {
    const addon = subscription.addons.find(({ addon_id }) => addon_id === asked.input.addon_id);
    if (addon === undefined) return refuse('addon-not-found', `The subscription has no addon ${asked.input.addon_id}.`);
    await endAddon(tx.sql, addon.addon_id, at.toString());
    return null;
  });

/** A change of a subscription that is still to start takes effect with its start. */
const notBeforeStart = (subscription: Subscription, at: Temporal.Instant): string =>
  statusAt(subscription, at) === 'scheduled' ? subscription.starts_at : at.toString();

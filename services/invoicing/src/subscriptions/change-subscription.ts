import {
  type Actor,
  type invoicing,
  isRefusal,
  nameUuid,
  type Refusal,
  type RequestContract,
  type RequestOutput,
  refuse,
} from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import { offeredAddons } from '../catalog/offered-addons.ts';
import type { CommandContext, Tx } from '../context.ts';
import { isPausedAt, liveAt, statusAt } from '../domain/subscriptions/subscription-state.ts';
import { findPlanVersion } from '../store/catalog/plans.ts';
import type { Tables } from '../store/schema.ts';
import {
  endAddon,
  endPause,
  endSubscription,
  insertAddons,
  insertPause,
  insertPlanChange,
  setTrialEnd,
} from '../store/subscriptions/subscription-changes.ts';
import { type Subscription, subscriptionsOf } from '../store/subscriptions/subscriptions.ts';
import type { DeploymentRow } from '../store/tenants/deployments.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { effectiveAt } from './effective-at.ts';
import { publishSubscription, subscriptionView } from './publish-subscription.ts';

type View = RequestOutput<typeof invoicing.subscribe>;
type ChangeRequest = {
  input: { deployment_id: string; effective_at?: string | undefined; when?: 'now' | 'period_end' | undefined };
  actor: Actor;
  tx: Tx;
  resolved: DeploymentRow;
};

/** Applies one change to the subscription that is in force at an instant; a refusal leaves everything as it was. */
type Change<Word extends string> = (subscription: Subscription, at: Temporal.Instant) => Promise<Refusal<Word> | null>;

/** The frame of every change: lock the tenant, find the subscription, change it, publish it. */
const changed = async <Word extends string>(
  { input, actor, tx, resolved }: ChangeRequest,
  ctx: CommandContext,
  change: Change<Word>,
): Promise<View | Refusal<Word | 'forbidden' | 'not-subscribed'>> => {
  const now = ctx.clock.now();
  const at = effectiveAt(input, { actor, now });
  if (isRefusal(at)) return at;
  const { deployment_id, tenant_id } = resolved;
  await lockTenant(tx.sql, tenant_id);
  const subscription = liveAt(await subscriptionsOf(tx.sql, deployment_id), at);
  if (subscription === null)
    return refuse('not-subscribed', `Deployment ${deployment_id} has no subscription at ${at}.`);
  const refusal = await change(subscription, at);
  if (refusal !== null) return refusal;
  const published = await publishSubscription(tx, { subscriptionId: subscription.subscription_id, from: at, now });
  return subscriptionView(published, now);
};

type Request<Contract extends RequestContract> = CommandRequest<Contract, Tables> & {
  resolved: DeploymentRow;
};

export async function changePlan(request: Request<typeof invoicing.changePlan>, ctx: CommandContext) {
  const { input, tx } = request;
  return changed(request, ctx, async (subscription, at) => {
    const plan = await findPlanVersion(tx.sql, { planCode: input.plan_code, version: input.plan_version ?? null });
    if (plan === null || plan.status === 'draft')
      return refuse('plan-not-found', `Plan ${input.plan_code} is not on offer.`);
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
}

export async function cancelSubscription(request: Request<typeof invoicing.cancelSubscription>, ctx: CommandContext) {
  return changed<never>(request, ctx, async (subscription, at) => {
    await endSubscription(request.tx.sql, subscription.subscription_id, at.toString());
    return null;
  });
}

export async function pauseSubscription(request: Request<typeof invoicing.pauseSubscription>, ctx: CommandContext) {
  return changed(request, ctx, async (subscription, at) => {
    if (isPausedAt(subscription, at)) return refuse('already-paused', `The subscription is already paused at ${at}.`);
    await insertPause(request.tx.sql, subscription.subscription_id, notBeforeStart(subscription, at));
    return null;
  });
}

/** Ends a pause; where there is none, takes back a cancellation that has not taken effect yet. */
export async function resumeSubscription(request: Request<typeof invoicing.resumeSubscription>, ctx: CommandContext) {
  const { tx } = request;
  return changed(request, ctx, async (subscription, at) => {
    const { subscription_id, deployment_id, ends_at } = subscription;
    if (isPausedAt(subscription, at)) {
      await endPause(tx.sql, subscription_id, at.toString());
      return null;
    }
    if (ends_at === null) return refuse('nothing-to-resume', 'The subscription is neither paused nor cancelled.');
    const all = await subscriptionsOf(tx.sql, deployment_id);
    if (all.some((other) => other.subscription_id !== subscription_id && other.starts_at >= ends_at))
      return refuse('subscription-changed', 'Another subscription of the deployment begins after this one ends.');
    await endSubscription(tx.sql, subscription_id, null);
    return null;
  });
}

export async function endTrial(request: Request<typeof invoicing.endTrial>, ctx: CommandContext) {
  return changed(request, ctx, async (subscription, at) => {
    if (subscription.trial_ends_at === null) return refuse('no-trial', 'The subscription has no trial.');
    await setTrialEnd(request.tx.sql, subscription.subscription_id, at.toString());
    return null;
  });
}

export async function attachAddon(request: Request<typeof invoicing.attachAddon>, ctx: CommandContext) {
  const { input, tx } = request;
  return changed(request, ctx, async (subscription, at) => {
    const offered = await offeredAddons(tx.sql, [input.addon_code], subscription.currency);
    if (isRefusal(offered)) return offered;
    const added = offered.map(({ code, kind, qty, price_cents }) => ({
      addon_id: nameUuid('addon', subscription.subscription_id, String(subscription.addons.length + 1)),
      code,
      kind,
      qty,
      price_cents,
      quantity: input.quantity,
      starts_at: notBeforeStart(subscription, at),
      ends_at: null,
    }));
    await insertAddons(tx.sql, subscription.subscription_id, added);
    return null;
  });
}

export async function detachAddon(request: Request<typeof invoicing.detachAddon>, ctx: CommandContext) {
  const { input, tx } = request;
  return changed(request, ctx, async (subscription, at) => {
    const addon = subscription.addons.find(({ addon_id }) => addon_id === input.addon_id);
    if (addon === undefined) return refuse('addon-not-found', `The subscription has no addon ${input.addon_id}.`);
    await endAddon(tx.sql, addon.addon_id, at.toString());
    return null;
  });
}

/** A change of a subscription that has not started yet takes effect with its start. */
const notBeforeStart = (subscription: Subscription, at: Temporal.Instant): string =>
  statusAt(subscription, at) === 'scheduled' ? subscription.starts_at : at.toString();

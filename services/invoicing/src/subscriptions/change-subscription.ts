import {
  type invoicing,
  isOperator,
  isRefusal,
  nameUuid,
  type RequestContract,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import { offeredAddons } from '../catalog/offered-addons.ts';
import type { CommandContext } from '../context.ts';
import {
  isBilledByDays,
  momentOfCancelling,
  momentsOf,
  momentsOfAttaching,
  nextPeriodStart,
} from '../domain/subscriptions/change-moments.ts';
import { isPausedAt, planAt, plansReplaced, statusAt } from '../domain/subscriptions/subscription-state.ts';
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
import { applyChange } from './apply-change.ts';

type Request<Contract extends RequestContract> = CommandRequest<Contract, Tables> & {
  resolved: DeploymentRow;
};

export async function changePlan(request: Request<typeof invoicing.changePlan>, ctx: CommandContext) {
  const { input, actor, tx } = request;
  if (!isOperator(actor) && input.plan_version !== undefined)
    return refuse('forbidden', 'Only an operator may give `plan_version`.');
  const plan = await findPlanVersion(tx.sql, {
    planCode: input.plan_code,
    version: input.plan_version ?? null,
    offeredTo: tenantScope(actor),
  });
  if (plan === null || plan.status === 'draft')
    return refuse('plan-not-found', `Plan ${input.plan_code} is not on offer.`);
  const isCheaper = (subscription: Subscription, at: Temporal.Instant): boolean =>
    plan.base_price_cents < planAt(subscription, at).base_price_cents;
  return applyChange(request, ctx, {
    mayLower: (subscription, at) =>
      plansReplaced(subscription, at, ctx.clock.now()).some(
        ({ base_price_cents }) => plan.base_price_cents < base_price_cents,
      ),
    moments: ({ live, all, now }) =>
      momentsOf(
        { isCheaper: isCheaper(live, now), isDaily: plan.proration === 'daily' && isBilledByDays(all, now) },
        now,
      ),
    apply: async (subscription, at) => {
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
    },
  });
}

export async function cancelSubscription(request: Request<typeof invoicing.cancelSubscription>, ctx: CommandContext) {
  return applyChange<never>(request, ctx, {
    mayLower: () => true,
    moments: ({ live, now }) => [momentOfCancelling(live, now)],
    apply: async (subscription, at) => {
      await endSubscription(request.tx.sql, subscription.subscription_id, at.toString());
      return null;
    },
  });
}

export async function pauseSubscription(request: Request<typeof invoicing.pauseSubscription>, ctx: CommandContext) {
  return applyChange(request, ctx, {
    moments: null,
    apply: async (subscription, at) => {
      if (isPausedAt(subscription, at)) return refuse('already-paused', `The subscription is already paused at ${at}.`);
      await insertPause(request.tx.sql, subscription.subscription_id, notBeforeStart(subscription, at));
      return null;
    },
  });
}

/** Ends a pause; where there is none, takes back a cancellation that has not taken effect yet. */
export async function resumeSubscription(request: Request<typeof invoicing.resumeSubscription>, ctx: CommandContext) {
  const { tx } = request;
  return applyChange(request, ctx, {
    moments: ({ live, all, now }) =>
      isPausedAt(live, now)
        ? momentsOf({ isCheaper: false, isDaily: isBilledByDays(all, now) }, now)
        : [{ at: now, isGuarded: true }],
    apply: async (subscription, at) => {
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
    },
  });
}

/** Sets the end of a trial that still runs, or ends one in the past earlier; one that is over is not extended. */
export async function endTrial(request: Request<typeof invoicing.endTrial>, ctx: CommandContext) {
  const now = ctx.clock.now();
  return applyChange(request, ctx, {
    moments: null,
    // A longer trial makes the days free that follow its former end.
    touchesFrom: ({ trial_ends_at: former }, at) =>
      former === null || Temporal.Instant.compare(former, at) > 0 ? at : Temporal.Instant.from(former),
    apply: async ({ subscription_id, trial_ends_at }, at) => {
      if (trial_ends_at === null) return refuse('no-trial', 'The subscription has no trial.');
      const isOver = Temporal.Instant.compare(trial_ends_at, now) <= 0;
      if (isOver && Temporal.Instant.compare(trial_ends_at, at) <= 0)
        return refuse('no-trial', `The trial ended at ${trial_ends_at}.`);
      await setTrialEnd(request.tx.sql, subscription_id, at.toString());
      return null;
    },
  });
}

export async function attachAddon(request: Request<typeof invoicing.attachAddon>, ctx: CommandContext) {
  const { input, tx } = request;
  return applyChange(request, ctx, {
    moments: ({ all, now }) => momentsOfAttaching(isBilledByDays(all, now), now),
    apply: async (subscription, at) => {
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
    },
  });
}

export async function detachAddon(request: Request<typeof invoicing.detachAddon>, ctx: CommandContext) {
  const { input, tx } = request;
  return applyChange(request, ctx, {
    mayLower: () => true,
    moments: ({ now }) => [{ at: nextPeriodStart(now), isGuarded: false }],
    apply: async (subscription, at) => {
      const addon = subscription.addons.find(({ addon_id }) => addon_id === input.addon_id);
      if (addon === undefined) return refuse('addon-not-found', `The subscription has no addon ${input.addon_id}.`);
      if (addon.ends_at !== null && Temporal.Instant.compare(addon.ends_at, at) <= 0)
        return refuse('already-ended', `Addon ${addon.code} (${addon.addon_id}) ends at ${addon.ends_at} already.`);
      await endAddon(tx.sql, addon.addon_id, at.toString());
      return null;
    },
  });
}

/** A change of a subscription that has not started yet takes effect with its start. */
const notBeforeStart = (subscription: Subscription, at: Temporal.Instant): string =>
  statusAt(subscription, at) === 'scheduled' ? subscription.starts_at : at.toString();

import {
  type Actor,
  type invoicing,
  isOperator,
  nameUuid,
  type Refusal,
  type RequestInput,
  type RequestOutput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { overlaps } from './domain/subscription-state.ts';
import { type Context, knowDeployment } from './know-deployment.ts';
import { saySubscription, subscriptionView } from './say-subscription.ts';
import { findBillingProfile } from './store/billing-profiles.ts';
import { findPlanVersion } from './store/catalog.ts';
import { lockTenant } from './store/locks.ts';
import { findOfferedAddon } from './store/offered-addons.ts';
import type { Schema } from './store/schema.ts';
import { insertAddon, insertSubscription } from './store/subscription-changes.ts';
import { subscriptionsOf } from './store/subscriptions.ts';

type Input = RequestInput<typeof invoicing.subscribe>;
type Answer = RequestOutput<typeof invoicing.subscribe> | Refusal;

const operatorsOnly = ['plan_version', 'starts_at', 'ends_at', 'trial_ends_at'] as const;

/** Subscribes a deployment. Addons are copied as they are offered now; the span must not touch another subscription's. */
export const subscribe = async (
  tx: Tx<Schema>,
  ctx: Context,
  asked: { input: Input; actor: Actor },
): Promise<Answer> => {
  const { input, actor } = asked;
  const now = ctx.clock.now();
  if (!isOperator(actor)) {
    const beyond = operatorsOnly.find((field) => input[field] !== undefined);
    if (beyond !== undefined) return refuse('forbidden', `Only an operator may give ${beyond}.`);
    if (input.addons.some(({ starts_at, ends_at }) => starts_at !== undefined || ends_at !== undefined)) {
      return refuse('forbidden', 'Only an operator may say when an addon starts or ends.');
    }
  }
  const deployment = await knowDeployment(tx.sql, ctx, {
    deploymentId: input.deployment_id,
    tenantId: tenantScope(actor),
  });
  if (deployment === null) return refuse('not-found', `There is no deployment ${input.deployment_id}.`);
  await lockTenant(tx.sql, deployment.tenant_id);
  const plan = await findPlanVersion(tx.sql, { planCode: input.plan_code, version: input.plan_version ?? null });
  if (plan === null || plan.status === 'draft')
    return refuse('plan-not-found', `Plan ${input.plan_code} is not on offer.`);
  const profile = await findBillingProfile(tx.sql, deployment.tenant_id);
  if (plan.currency !== profile.currency) {
    return refuse(
      'currency-mismatch',
      `${deployment.tenant_id} is billed in ${profile.currency}, plan ${plan.code} is priced in ${plan.currency}.`,
    );
  }
  const starts_at = input.starts_at ?? now.toString();
  const ends_at = input.ends_at ?? null;
  if (
    ends_at !== null &&
    Temporal.Instant.compare(Temporal.Instant.from(ends_at), Temporal.Instant.from(starts_at)) <= 0
  ) {
    return refuse('invalid-time', 'A subscription ends after it starts.');
  }
  const former = await subscriptionsOf(tx.sql, deployment.deployment_id);
  const other = former.find((one) => overlaps(one, { starts_at, ends_at }));
  if (other !== undefined) {
    return refuse(
      'already-subscribed',
      `The deployment is subscribed to ${other.plans.at(-1)?.plan.code} from ${other.starts_at} on. Change the plan, or cancel first.`,
      {
        subscription_id: other.subscription_id,
      },
    );
  }
  const subscription_id = nameUuid('subscription', deployment.deployment_id, String(former.length + 1));
  const trial_ends_at = input.trial_ends_at ?? null;
  const fresh = {
    subscription_id,
    deployment_id: deployment.deployment_id,
    tenant_id: deployment.tenant_id,
    currency: plan.currency,
    starts_at,
    ends_at,
    trial_ends_at,
  };
  await insertSubscription(tx.sql, { ...fresh, quote_id: input.quote_id ?? null, created_at: now.toString() }, plan);
  const refusal = await attachAll(tx, {
    input,
    subscriptionId: subscription_id,
    currency: plan.currency,
    starts_at,
    ends_at,
  });
  if (refusal !== null) return refusal;
  const said = await saySubscription(tx, {
    subscriptionId: subscription_id,
    from: Temporal.Instant.from(starts_at),
    now,
  });
  return subscriptionView(said, now);
};

const attachAll = async (
  tx: Tx<Schema>,
  given: { input: Input; subscriptionId: string; currency: string; starts_at: string; ends_at: string | null },
): Promise<Refusal | null> => {
  for (const [position, wanted] of given.input.addons.entries()) {
    const addon = await findOfferedAddon(tx.sql, wanted.addon_code);
    if (addon === null) return refuse('addon-not-found', `Addon ${wanted.addon_code} is not on offer.`);
    if (addon.currency !== given.currency)
      return refuse('currency-mismatch', `Addon ${addon.code} is priced in ${addon.currency}.`);
    await insertAddon(tx.sql, given.subscriptionId, {
      addon_id: nameUuid('addon', given.subscriptionId, String(position + 1)),
      code: addon.code,
      kind: addon.kind,
      qty: addon.qty,
      price_cents: addon.price_cents,
      quantity: wanted.quantity,
      starts_at: wanted.starts_at ?? given.starts_at,
      ends_at: wanted.ends_at ?? null,
    });
  }
  return null;
};

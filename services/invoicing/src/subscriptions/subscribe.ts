import {
  type Actor,
  type invoicing,
  isOperator,
  isRefusal,
  nameUuid,
  type Refusal,
  type RequestInput,
  type RequestOutput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import type { AttachedAddon } from '../domain/rating/terms.ts';
import { overlaps } from '../domain/subscriptions/subscription-state.ts';
import { followQuote, type Quoted } from '../quotes/follow-quote.ts';
import { findOfferedAddon } from '../store/catalog/addons.ts';
import { findPlanVersion } from '../store/catalog/plans.ts';
import type { Db, Schema } from '../store/schema.ts';
import { insertAddon, insertSubscription } from '../store/subscriptions/subscription-changes.ts';
import { subscriptionsOf } from '../store/subscriptions/subscriptions.ts';
import { findBillingProfile } from '../store/tenants/billing-profiles.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { type Context, knowDeployment } from '../tenants/look-up-deployment.ts';
import { keptNow } from './effective-at.ts';
import { publishSubscription, subscriptionView } from './publish-subscription.ts';

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
  const quoted = await quotedFor(tx.sql, { input, actor, tenantId: deployment.tenant_id, now });
  if (isRefusal(quoted)) return quoted;
  const version = quoted?.version ?? input.plan_version ?? null;
  const plan = await findPlanVersion(tx.sql, { planCode: input.plan_code, version });
  if (plan === null || plan.status === 'draft')
    return refuse('plan-not-found', `Plan ${input.plan_code} is not on offer.`);
  const profile = await findBillingProfile(tx.sql, deployment.tenant_id);
  if (plan.currency !== profile.currency) {
    return refuse(
      'currency-mismatch',
      `${deployment.tenant_id} is billed in ${profile.currency}, plan ${plan.code} is priced in ${plan.currency}.`,
    );
  }
  const starts_at = input.starts_at ?? keptNow(now).toString();
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
  const addons = await addonsFor(tx.sql, { input, quoted, currency: plan.currency, starts_at });
  if (isRefusal(addons)) return addons;
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
  for (const [position, addon] of addons.entries()) {
    const addon_id = nameUuid('addon', subscription_id, String(position + 1));
    await insertAddon(tx.sql, subscription_id, { ...addon, addon_id });
  }
  const said = await publishSubscription(tx, {
    subscriptionId: subscription_id,
    from: Temporal.Instant.from(starts_at),
    now,
  });
  return subscriptionView(said, now);
};

/** What the request's quote holds; null if it names none. */
const quotedFor = async (
  db: Db,
  given: { input: Input; actor: Actor; tenantId: string; now: Temporal.Instant },
): Promise<Quoted | Refusal | null> => {
  const { quote_id: quoteId, plan_code: planCode, plan_version: planVersion } = given.input;
  if (quoteId === undefined) return null;
  return followQuote(db, { quoteId, tenantId: given.tenantId, planCode, planVersion }, given);
};

type Wanted = Omit<AttachedAddon, 'addon_id'>;

/** The addons the request names, as they are offered now; if it names none, those of its quote, as they were quoted. */
const addonsFor = async (
  db: Db,
  given: { input: Input; quoted: Quoted | null; currency: string; starts_at: string },
): Promise<Wanted[] | Refusal> => {
  const { input, quoted, currency, starts_at } = given;
  if (input.addons.length === 0) return (quoted?.addons ?? []).map((addon) => ({ ...addon, starts_at }));
  const wanted: Wanted[] = [];
  for (const asked of input.addons) {
    const addon = await findOfferedAddon(db, asked.addon_code);
    if (addon === null) return refuse('addon-not-found', `Addon ${asked.addon_code} is not on offer.`);
    if (addon.currency !== currency)
      return refuse('currency-mismatch', `Addon ${addon.code} is priced in ${addon.currency}.`);
    const { code, kind, qty, price_cents } = addon;
    const span = { starts_at: asked.starts_at ?? starts_at, ends_at: asked.ends_at ?? null };
    wanted.push({ code, kind, qty, price_cents, quantity: asked.quantity, ...span });
  }
  return wanted;
};

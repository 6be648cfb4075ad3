import {
  type Actor,
  type invoicing,
  isOperator,
  isRefusal,
  nameUuid,
  type Refusal,
  type RequestInput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import { offeredAddons } from '../catalog/offered-addons.ts';
import type { CommandContext } from '../context.ts';
import type { AttachedAddon } from '../domain/rating/terms.ts';
import { firstStart, laterOf, overlaps } from '../domain/subscriptions/subscription-state.ts';
import { followQuote, type Quoted } from '../quotes/follow-quote.ts';
import { amountsFrom, isAnyLower } from '../rating/month-amount.ts';
import { findPlanVersion, type PlanVersionRow } from '../store/catalog/plans.ts';
import type { Db, Tables } from '../store/schema.ts';
import { insertAddons, insertPause, insertSubscription } from '../store/subscriptions/subscription-changes.ts';
import { type Subscription, subscriptionsOf } from '../store/subscriptions/subscriptions.ts';
import { findBillingProfile } from '../store/tenants/billing-profiles.ts';
import { type DeploymentRow, findDeployment } from '../store/tenants/deployments.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { withoutReason } from '../terms/refuse-without-reason.ts';
import { storedNow } from './effective-at.ts';
import { publishSubscription, subscriptionView } from './publish-subscription.ts';

type Input = RequestInput<typeof invoicing.subscribe>;
type Span = { starts_at: string; ends_at: string | null };

/** Subscribes a deployment. Addons are copied as they are offered now; two subscriptions of a deployment never overlap. */
export async function subscribe(
  request: CommandRequest<typeof invoicing.subscribe, Tables> & { resolved: DeploymentRow },
  ctx: CommandContext,
) {
  const { input, actor, tx, resolved } = request;
  const { deployment_id, tenant_id } = resolved;
  const now = ctx.clock.now();
  const forbidden = operatorsOnly(input, actor);
  if (forbidden !== null) return forbidden;
  await lockTenant(tx.sql, tenant_id);
  const state = (await findDeployment(tx.sql, deployment_id))?.state ?? resolved.state;
  const ended = refuseEnded({ deployment_id, state }, { input, now });
  if (ended !== null) return ended;
  const quoted = await quotedFor(tx.sql, { input, actor, tenantId: tenant_id, now });
  if (isRefusal(quoted)) return quoted;
  const plan = await planFor(tx.sql, { input, quoted, tenantId: tenant_id, actor });
  if (isRefusal(plan)) return plan;
  const span: Span = { starts_at: input.starts_at ?? storedNow(now).toString(), ends_at: input.ends_at ?? null };
  const former = await subscriptionsOf(tx.sql, deployment_id);
  const taken = refuseSpan(span, former);
  if (taken !== null) return taken;
  const addons = await addonsFor(tx.sql, { input, quoted, currency: plan.currency, starts_at: span.starts_at });
  if (isRefusal(addons)) return addons;
  const from = Temporal.Instant.from(span.starts_at);
  // Subscribing anew in a month must not make it cheaper, since the last plan of a month may price all of it.
  const isFounded = former.length === 0 || input.reason !== undefined;
  const months = isFounded
    ? null
    : { tenantId: tenant_id, deploymentId: deployment_id, from: laterOf(from, firstStart(former)), now };
  const before = months === null ? [] : await amountsFrom(tx.sql, months);
  const subscription_id = nameUuid('subscription', deployment_id, String(former.length + 1));
  const subscription = {
    ...span,
    subscription_id,
    deployment_id,
    tenant_id,
    currency: plan.currency,
    trial_ends_at: input.trial_ends_at ?? null,
    quote_id: input.quote_id ?? null,
    created_at: now.toString(),
  };
  await insertSubscription(tx.sql, subscription, plan);
  const attached = addons.map((addon, position) => ({
    ...addon,
    addon_id: nameUuid('addon', subscription_id, String(position + 1)),
  }));
  await insertAddons(tx.sql, subscription_id, attached);
  if (state === 'paused') await insertPause(tx.sql, subscription_id, laterOf(from, storedNow(now)).toString());
  if (months !== null && isAnyLower(await amountsFrom(tx.sql, months), before))
    return isOperator(actor)
      ? withoutReason()
      : refuse(
          'lowers-current-month',
          `On ${plan.code} the current month would cost less than it does: choose a plan that is not cheaper, or subscribe next month.`,
        );
  const published = await publishSubscription(tx, { subscriptionId: subscription_id, from, now, reason: input.reason });
  return subscriptionView(published, now);
}

const operatorFields = ['plan_version', 'starts_at', 'ends_at', 'trial_ends_at', 'reason'] as const;

/** The refusal of a field that only operators may give; null if there is none. */
const operatorsOnly = (input: Input, actor: Actor): Refusal<'forbidden'> | null => {
  if (isOperator(actor)) return null;
  const field = operatorFields.find((name) => input[name] !== undefined);
  if (field !== undefined) return refuse('forbidden', `Only an operator may give \`${field}\`.`);
  return input.addons.some(({ starts_at, ends_at }) => starts_at !== undefined || ends_at !== undefined)
    ? refuse('forbidden', 'Only an operator may give `starts_at` and `ends_at` of an addon.')
    : null;
};

/** The refusal of a deployment that has ended, unless an operator subscribes it for a span that has ended too. */
const refuseEnded = (
  { deployment_id, state }: Pick<DeploymentRow, 'deployment_id' | 'state'>,
  { input, now }: { input: Input; now: Temporal.Instant },
): Refusal<'deployment-ended'> | null => {
  if (state !== 'cancelled' && state !== 'archived') return null;
  if (input.ends_at !== undefined && Temporal.Instant.compare(input.ends_at, now) <= 0) return null;
  return refuse('deployment-ended', `Deployment ${deployment_id} is ${state}: it cannot be subscribed.`);
};

/** The quote that the request names; null if it names none. */
const quotedFor = async (db: Db, given: { input: Input; actor: Actor; tenantId: string; now: Temporal.Instant }) => {
  const { quote_id: quoteId, plan_code: planCode, plan_version: planVersion } = given.input;
  if (quoteId === undefined) return null;
  return followQuote(db, { quoteId, tenantId: given.tenantId, planCode, planVersion }, given);
};

/** The published version to subscribe to: the quoted one, else the one named, else the active one. */
const planFor = async (
  db: Db,
  given: { input: Input; quoted: Quoted | null; tenantId: string; actor: Actor },
): Promise<PlanVersionRow | Refusal<'plan-not-found' | 'currency-mismatch'>> => {
  const { input, quoted, tenantId, actor } = given;
  const version = quoted?.version ?? input.plan_version ?? null;
  const plan = await findPlanVersion(db, {
    planCode: input.plan_code,
    version,
    // A quote is an offer in itself: only an operator can have made one of a version that is not offered to the tenant.
    offeredTo: quoted === null ? tenantScope(actor) : null,
  });
  if (plan === null || plan.status === 'draft')
    return refuse('plan-not-found', `Plan ${input.plan_code} is not on offer.`);
  const { currency } = await findBillingProfile(db, tenantId);
  if (plan.currency === currency) return plan;
  return refuse(
    'currency-mismatch',
    `${tenantId} is billed in ${currency}, plan ${plan.code} is priced in ${plan.currency}.`,
  );
};

/** The refusal of a span that is empty or overlaps another subscription of the deployment; null if it is free. */
const refuseSpan = (
  span: Span,
  former: readonly Subscription[],
): Refusal<'invalid-time' | 'already-subscribed'> | null => {
  const { starts_at, ends_at } = span;
  if (
    ends_at !== null &&
    Temporal.Instant.compare(Temporal.Instant.from(ends_at), Temporal.Instant.from(starts_at)) <= 0
  )
    return refuse('invalid-time', '`ends_at` must be after `starts_at`.');
  const other = former.find((one) => overlaps(one, span));
  if (other === undefined) return null;
  const { subscription_id } = other;
  return refuse(
    'already-subscribed',
    `The deployment is subscribed to ${other.plans.at(-1)?.plan.code} from ${other.starts_at} on. Change the plan, or cancel first.`,
    { subscription_id },
  );
};

type Wanted = Omit<AttachedAddon, 'addon_id'>;

/** The addons that the request names, as they are offered now; if it names none, those of its quote, as they were quoted. */
const addonsFor = async (
  db: Db,
  given: { input: Input; quoted: Quoted | null; currency: string; starts_at: string },
): Promise<Wanted[] | Refusal<'addon-not-found' | 'currency-mismatch'>> => {
  const { input, quoted, currency, starts_at } = given;
  if (input.addons.length === 0) return (quoted?.addons ?? []).map((addon) => ({ ...addon, starts_at }));
  const codes = input.addons.map(({ addon_code }) => addon_code);
  const offered = await offeredAddons(db, codes, currency);
  if (isRefusal(offered)) return offered;
  return offered.map(({ code, kind, qty, price_cents }, index): Wanted => {
    const named = input.addons[index];
    const span = { starts_at: named?.starts_at ?? starts_at, ends_at: named?.ends_at ?? null };
    return { code, kind, qty, price_cents, quantity: named?.quantity ?? 1, ...span };
  });
};

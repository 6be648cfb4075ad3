import {
  type Actor,
  type invoicing,
  isOperator,
  isRefusal,
  type Refusal,
  type RequestOutput,
  refuse,
} from '@arcadia/contracts';
import type { CommandContext, Tx } from '../context.ts';
import { type Moment, nextPeriodStart } from '../domain/subscriptions/change-moments.ts';
import { firstStart, laterOf, liveAt } from '../domain/subscriptions/subscription-state.ts';
import { amountsFrom, isAnyLower, isLower, monthAmounts } from '../rating/month-amount.ts';
import { beginAttempt, undoAttempt } from '../store/subscriptions/attempts.ts';
import { type Subscription, subscriptionsOf } from '../store/subscriptions/subscriptions.ts';
import type { DeploymentRow } from '../store/tenants/deployments.ts';
import { lockTenant } from '../store/tenants/locks.ts';
import { withoutReason } from '../terms/refuse-without-reason.ts';
import { effectiveAt, storedNow } from './effective-at.ts';
import { publishSubscription, subscriptionView } from './publish-subscription.ts';

type View = RequestOutput<typeof invoicing.subscribe>;
type ChangeRequest = {
  input: {
    deployment_id: string;
    effective_at?: string | undefined;
    when?: 'now' | 'period_end' | undefined;
    reason?: string | undefined;
  };
  actor: Actor;
  tx: Tx;
  resolved: DeploymentRow;
};

type Frame = ChangeRequest & { now: Temporal.Instant };
type FrameRefusal = Refusal<'forbidden' | 'not-subscribed' | 'lowers-current-month' | 'reason-missing'>;
/** The instant at which a change took effect, or why it did not. */
type Applied<Word extends string> = { at: Temporal.Instant } | { refusal: Refusal<Word> | FrameRefusal };

export type Change<Word extends string> = {
  /** Applies the change to the subscription in force; a refusal leaves everything as it was. */
  apply: (subscription: Subscription, at: Temporal.Instant) => Promise<Refusal<Word> | null>;
  /** The instants at which it may take effect for a tenant, earliest first; null for a change that only operators make. */
  moments: ((given: { live: Subscription; all: readonly Subscription[]; now: Temporal.Instant }) => Moment[]) | null;
  /** Whether the terms alone show that it may lower a month that it touches; otherwise the amounts of these months decide. */
  mayLower?: (subscription: Subscription, at: Temporal.Instant) => boolean;
  /** The first instant whose price it changes, where that is before it takes effect. */
  touchesFrom?: (subscription: Subscription, at: Temporal.Instant) => Temporal.Instant;
};

/** The frame of every change: lock the tenant, find the subscription, change it at the right instant, publish it. */
export const applyChange = async <Word extends string>(
  request: ChangeRequest,
  ctx: CommandContext,
  change: Change<Word>,
): Promise<View | Refusal<Word> | FrameRefusal> => {
  const { input, actor, tx, resolved } = request;
  const frame = { ...request, now: storedNow(ctx.clock.now()) };
  const asked = effectiveAt(input, { actor, now: frame.now });
  if (isRefusal(asked)) return asked;
  if (input.reason !== undefined && !isOperator(actor))
    return refuse('forbidden', 'Only an operator gives a `reason`.');
  const { deployment_id, tenant_id } = resolved;
  await lockTenant(tx.sql, tenant_id);
  const all = await subscriptionsOf(tx.sql, deployment_id);
  // A tenant changes the subscription that it has now, an operator the one of the instant that it names.
  const isOwn = !isOperator(actor) && change.moments !== null;
  const live = liveAt(all, isOwn ? frame.now : asked);
  if (live === null) return refuse('not-subscribed', `Deployment ${deployment_id} has no subscription at ${asked}.`);
  const applied = isOwn
    ? await applyOwn(frame, change, { live, all })
    : await applyOperated(frame, change, { live, all, at: asked });
  if ('refusal' in applied) return applied.refusal;
  const { subscription_id: subscriptionId } = live;
  const published = await publishSubscription(tx, {
    subscriptionId,
    from: applied.at,
    now: frame.now,
    reason: input.reason,
  });
  return subscriptionView(published, frame.now);
};

/**
 * Applies an operator's change at the instant that it names. One that lowers the running month, or a month before it, has a reason. What
 * a change did is not taken back here: a refusal rolls its transaction back.
 */
const applyOperated = async <Word extends string>(
  { input, tx, resolved, now }: Frame,
  { apply, mayLower, touchesFrom }: Change<Word>,
  { live, all, at }: { live: Subscription; all: readonly Subscription[]; at: Temporal.Instant },
): Promise<Applied<Word>> => {
  const from = touchesFrom?.(live, at) ?? at;
  const isFounded = input.reason !== undefined || Temporal.Instant.compare(from, nextPeriodStart(now)) >= 0;
  if (!isFounded && mayLower?.(live, at) === true) return { refusal: withoutReason() };
  const { deployment_id: deploymentId, tenant_id: tenantId } = resolved;
  const months = { tenantId, deploymentId, from: laterOf(from, firstStart(all)), now };
  const before = isFounded ? null : await amountsFrom(tx.sql, months);
  const refusal = await apply(live, at);
  if (refusal !== null) return { refusal };
  if (before !== null && isAnyLower(await amountsFrom(tx.sql, months), before)) return { refusal: withoutReason() };
  return { at };
};

/** Applies a tenant's change at the first of its moments at which the running month costs no less. */
const applyOwn = async <Word extends string>(
  { input, tx, resolved, now }: Frame,
  { apply, moments }: Change<Word>,
  { live, all }: { live: Subscription; all: readonly Subscription[] },
): Promise<Applied<Word>> => {
  const { deployment_id: deploymentId, tenant_id: tenantId } = resolved;
  const month = () => monthAmounts(tx.sql, { tenantId, deploymentId, now });
  const possible = (moments?.({ live, all, now }) ?? []).filter(
    ({ at }) => input.when !== 'period_end' || Temporal.Instant.compare(at, nextPeriodStart(now)) >= 0,
  );
  const before = possible.some(({ isGuarded }) => isGuarded) ? await month() : null;
  for (const { at, isGuarded } of possible) {
    if (live.ends_at !== null && Temporal.Instant.compare(live.ends_at, at) <= 0)
      return {
        refusal: refuse('not-subscribed', `The subscription ends at ${live.ends_at}, before the change at ${at}.`),
      };
    await beginAttempt(tx.sql);
    const refusal = await apply(live, at);
    if (refusal !== null) return { refusal };
    if (!isGuarded || before === null || !isLower(await month(), before)) return { at };
    await undoAttempt(tx.sql);
  }
  return {
    refusal: refuse('lowers-current-month', 'The current month would cost less: send the request again next month.'),
  };
};

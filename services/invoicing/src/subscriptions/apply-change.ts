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
import { liveAt } from '../domain/subscriptions/subscription-state.ts';
import { isLower, monthAmounts } from '../rating/month-amount.ts';
import { beginAttempt, undoAttempt } from '../store/subscriptions/attempts.ts';
import { type Subscription, subscriptionsOf } from '../store/subscriptions/subscriptions.ts';
import type { DeploymentRow } from '../store/tenants/deployments.ts';
import { lockTenant } from '../store/tenants/locks.ts';
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
type FrameRefusal = Refusal<'forbidden' | 'not-subscribed' | 'lowers-current-month'>;
/** The instant at which a change took effect, or why it did not. */
type Applied<Word extends string> = { at: Temporal.Instant } | { refusal: Refusal<Word> | FrameRefusal };

export type Change<Word extends string> = {
  /** Applies the change to the subscription in force; a refusal leaves everything as it was. */
  apply: (subscription: Subscription, at: Temporal.Instant) => Promise<Refusal<Word> | null>;
  /** The instants at which it may take effect for a tenant, earliest first; null for a change that only operators make. */
  moments: ((given: { live: Subscription; all: readonly Subscription[]; now: Temporal.Instant }) => Moment[]) | null;
  /** The refusal of a change by an operator that takes effect before the month's end and has no reason. */
  refuseWithoutReason?: (subscription: Subscription, at: Temporal.Instant) => Refusal<Word> | null;
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
    : await applyOperated(frame, change, { live, at: asked });
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

const applyOperated = async <Word extends string>(
  { input, now }: Frame,
  { apply, refuseWithoutReason }: Change<Word>,
  { live, at }: { live: Subscription; at: Temporal.Instant },
): Promise<Applied<Word>> => {
  const isEarly = Temporal.Instant.compare(at, nextPeriodStart(now)) < 0;
  const unfounded = isEarly && input.reason === undefined ? refuseWithoutReason?.(live, at) : null;
  const refusal = unfounded ?? (await apply(live, at));
  return refusal === null ? { at } : { refusal };
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

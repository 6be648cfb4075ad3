import { invoicing, type Period } from '@arcadia/contracts';
import type { JobRun } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { type Crossed, crossedThresholds, wholeCents } from '../domain/alerts/thresholds.ts';
import { ratingInput } from '../rating/rate-tenant.ts';
import { noteCrossing, rulesOf } from '../store/alerts/alerts.ts';
import { findDeployment } from '../store/tenants/deployments.ts';

/** Publishes each threshold that a deployment's usage of a month has reached, once per period. */
export async function evaluateAlerts(
  { input: { deployment_id, period } }: Pick<JobRun<{ deployment_id: string; period: Period }>, 'input'>,
  ctx: Context,
): Promise<void> {
  const deployment = await findDeployment(ctx.db, deployment_id);
  if (deployment === null) return;
  const now = ctx.clock.now();
  const { tenant_id } = deployment;
  await ctx.transact(async (tx) => {
    const rules = await rulesOf(tx.sql, deployment_id);
    const { input } = await ratingInput(tx.sql, {
      tenantId: tenant_id,
      period,
      asOf: { closeRevision: 'now' },
      deploymentId: deployment_id,
      isEstimate: true,
    });
    for (const { alert_id, basis, kind, value, reached } of crossedThresholds(input, rules)) {
      const crossing = { alertId: alert_id, period, deploymentId: deployment_id, reached, at: now };
      if (!(await noteCrossing(tx.sql, crossing))) continue;
      if (basis === 'hard_cap')
        ctx.log.warn({ deployment_id, tenant_id, kind, cap: value, reached, period }, 'usage has reached a hard cap');
      await tx.publish(invoicing.alertCrossed, {
        alert_id,
        tenant_id,
        deployment_id,
        period,
        kind,
        ...moneyNamed({ basis, value, reached }, input.currency),
        reached,
        crossed_at: now.toString(),
      });
    }
  });
}

/** The threshold, and what was reached, each with its unit in its name where it is money. */
const moneyNamed = ({ basis, value, reached }: Pick<Crossed, 'basis' | 'value' | 'reached'>, currency: string) => {
  if (basis !== 'money') return { threshold: { basis, value } };
  const [amount_cents, reached_cents] = [wholeCents(value), wholeCents(reached)];
  return {
    threshold: { basis, value, ...(amount_cents === null ? {} : { amount_cents }), currency },
    ...(reached_cents === null ? {} : { reached_cents }),
  };
};

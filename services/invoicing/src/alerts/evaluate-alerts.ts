import { invoicing, type Period } from '@arcadia/contracts';
import { crossedThresholds } from '../domain/alerts/thresholds.ts';
import { ratingInput } from '../rating/rate-tenant.ts';
import { noteCrossing, rulesOf } from '../store/alerts/alerts.ts';
import { findDeployment } from '../store/tenants/deployments.ts';
import type { Context } from '../tenants/look-up-deployment.ts';

/** Looks whether a deployment's usage of a month has reached a threshold, and says so once a period. */
export const evaluateAlerts = async (ctx: Context, asked: { deploymentId: string; period: Period }): Promise<void> => {
  const deployment = await findDeployment(ctx.db, asked.deploymentId);
  if (deployment === null) return;
  const now = ctx.clock.now();
  const { deployment_id, tenant_id } = deployment;
  await ctx.transact(async (tx) => {
    const rules = await rulesOf(tx.sql, deployment_id);
    const { input } = await ratingInput(tx.sql, {
      tenantId: tenant_id,
      period: asked.period,
      asOf: { closeRevision: 'now' },
      deploymentId: deployment_id,
    });
    for (const { alert_id, basis, kind, value, reached } of crossedThresholds(input, rules)) {
      const crossing = { alertId: alert_id, period: asked.period, deploymentId: deployment_id, reached, at: now };
      if (!(await noteCrossing(tx.sql, crossing))) continue;
      if (basis === 'hard_cap')
        ctx.log.warn(
          { deployment_id, tenant_id, kind, cap: value, reached, period: asked.period },
          'a hard cap is reached',
        );
      await tx.publish(invoicing.alertCrossed, {
        alert_id,
        tenant_id,
        deployment_id,
        period: asked.period,
        kind,
        threshold: { basis, value },
        reached,
        crossed_at: now.toString(),
      });
    }
  });
};

import { failpoint } from '@arcadia/platform';
import type { Context, Tx } from '../context.ts';
import { notificationOf } from '../domain/notification.ts';
import { notify } from '../notifications/notify.ts';
import { noteAttempt, noticeFailing } from '../store/export-health.ts';
import { type SettledRun, settleRun } from '../store/settle-runs.ts';

/** How long a month must have failed until its tenant and the operator are notified, in minutes: after about five attempts. */
export const noticeAfterMinutes = 30;

/** Records attempts, each in a transaction of its own, and notifies of an export that keeps failing. */
export async function settleAttempts(ctx: Context, ended: readonly SettledRun[], lease: string): Promise<void> {
  for (const attempt of ended)
    await ctx.transact(async (tx) => {
      const month = await settleRun(tx.sql, attempt, lease);
      if (month === null || attempt.isStopped) return;
      await noteAttempt(tx.sql, month, attempt);
      if (attempt.error !== null) await notice(tx, ctx, month.export_id);
    });
  await failpoint('export.recorded');
}

async function notice(tx: Tx, ctx: Context, exportId: string): Promise<void> {
  const now = ctx.clock.now();
  const before = now.subtract({ minutes: noticeAfterMinutes });
  const failing = await noticeFailing(tx.sql, { exportId, before, now });
  if (failing === null) return;
  ctx.log.error(failing, 'a scheduled export keeps failing');
  const made = notificationOf('scheduled_export.failing', {
    key: `${exportId}:${failing.period}:${failing.failing_since}`,
    tenantId: failing.tenant_id,
    occurredAt: now.toString(),
    data: failing,
  });
  await notify(tx, ctx, [made]);
}

import { dayOf } from '@arcadia/contracts';
import type { JobRun } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { reminderOf } from '../domain/reminder.ts';
import { notify } from '../notifications/notify.ts';
import { takeReminders } from '../store/invoice-dues.ts';

/**
 * Reminds of the invoices that are due, by the days of the schedule. A reminder that should have been sent long ago, as after a first start
 * with months of history, is left out.
 */
export async function remind({ signal }: JobRun<object>, ctx: Context): Promise<void> {
  const { mail } = ctx.config;
  if (mail === null || mail.reminderDays.length === 0) return;
  const now = ctx.clock.now();
  const today = dayOf(now);
  const oldest = Temporal.PlainDate.from(today).subtract({ days: mail.mostAgeDays });
  for (let taken = 1; taken > 0 && !signal.aborted; ) {
    taken = await ctx.transact(async (tx) => {
      const due = await takeReminders(tx.sql, { days: mail.reminderDays, today });
      const recent = due.filter(
        ({ due_on, day }) =>
          Temporal.PlainDate.compare(Temporal.PlainDate.from(due_on).add({ days: day }), oldest) >= 0,
      );
      await notify(
        tx,
        ctx,
        recent.map((one) => reminderOf(one, { today, now })),
      );
      return due.length;
    });
  }
}

import type { Period } from '@arcadia/contracts';
import type { JobRun } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { noteBillChanged } from '../store/invoices/billed-periods.ts';

/** Has the next invoice of each tenant to whom the bill of a month is passed through correct that month, if it was invoiced before. */
export async function noteChangedBill(
  { input }: Pick<JobRun<{ period: Period }>, 'input'>,
  ctx: Context,
): Promise<void> {
  await ctx.transact((tx) => noteBillChanged(tx.sql, input.period));
}

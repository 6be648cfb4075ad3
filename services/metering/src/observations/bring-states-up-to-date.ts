import type { Context } from '../context.ts';
import { holdIntake } from '../store/locks.ts';
import { deriveStates, hasUnderived } from '../store/observations/derive-states.ts';

/** Derives the states from every observation that is stored by now. */
export async function bringStatesUpToDate(ctx: Context): Promise<void> {
  if (!(await hasUnderived(ctx.db))) return;
  await ctx.transact(async (tx) => {
    await holdIntake(tx.sql);
    await deriveStates(tx.sql);
  });
}

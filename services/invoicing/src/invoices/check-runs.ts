import type { HealthFact } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { countWaitingRuns } from '../store/invoices/runs.ts';

/** Runs that wait for a fact, an exchange rate or a bill: nothing is broken, but a person may have to do something. */
export async function checkRuns(ctx: Context): Promise<HealthFact> {
  const { waiting, example } = await countWaitingRuns(ctx.db);
  if (waiting === 0) return { ok: true, waiting };
  return { ok: true, waiting, warning: `${waiting} runs wait, such as ${example}` };
}

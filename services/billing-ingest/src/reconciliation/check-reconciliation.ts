import type { HealthFact } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { matchRate } from '../store/reconciliation/match-rate.ts';

/** How well the newest bills are explained by the inventory; a bill whose totals disagree waits for a person. */
export async function checkReconciliation(ctx: Context): Promise<HealthFact> {
  const { period, rate, unsettled, example } = await matchRate(ctx.db);
  return {
    ...{ ok: true, period, unsettled },
    ...(rate === null ? {} : { match_rate: rate }),
    ...(unsettled === 0 ? {} : { warning: `bills that are unreconciled or refused: ${unsettled}, such as ${example}` }),
  };
}

import type { Period } from '@arcadia/contracts';
import type { Context } from '../context.ts';
import { closingPeriods } from '../store/periods/periods.ts';

const everyMs = 15_000;

/**
 * Reports in the health of this replica each period that cannot be closed yet, at the start and again every 15 seconds,
 * because one replica may try its close, another may close it, and an operator may close it on request.
 */
export async function reportClosing(ctx: Context): Promise<() => Promise<void>> {
  let before: readonly Period[] = [];
  const report = async (): Promise<void> => {
    const closing = await closingPeriods(ctx.db);
    for (const { period, missing } of closing) {
      ctx.health.report(`period ${period}`, { ok: false, detail: `cannot be closed yet: ${missing.join('; ')}` });
    }
    const now = closing.map(({ period }) => period);
    for (const period of before) {
      if (!now.includes(period)) ctx.health.report(`period ${period}`, { ok: true, detail: 'closed' });
    }
    before = now;
  };
  await report();
  const timer = setInterval(() => void report().catch(() => undefined), everyMs);
  return async () => clearInterval(timer);
}

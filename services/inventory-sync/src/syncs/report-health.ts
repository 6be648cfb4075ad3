import { hasToken } from '@arcadia/digitalocean';
import type { CommandContext, Context } from '../context.ts';
import { isWell } from '../domain/syncs/health.ts';
import { sweptKinds } from '../domain/syncs/kinds.ts';
import { lastSweeps } from '../store/syncs/last-sweeps.ts';
import type { SweepEnd } from '../store/syncs/sweeps.ts';
import { notListed } from './not-listed.ts';
import { budgetText, readBudgets, scarcestBudget, type TokenBudgetView } from './read-budgets.ts';

type End = Pick<SweepEnd, 'status' | 'detail'>;

const report = (ctx: CommandContext, kind: string, { status, detail }: End): void =>
  ctx.health.report(
    `sync of ${kind}`,
    isWell(status) ? { ok: true, detail: status } : { ok: false, detail: `${status}: ${detail ?? 'no reason given'}` },
  );

/** Shows a sweep that failed, or that waits for an operator, in /health/ready and in the log. */
export function reportSweep(ctx: CommandContext, kind: string, end: End): void {
  report(ctx, kind, end);
  if (isWell(end.status)) return;
  ctx.log.warn(
    { kind, status: end.status },
    `the sync of ${kind} is ${end.status}: ${end.detail ?? 'no reason given'}`,
  );
}

const everyMs = 15_000;
/** A listing that waits longer for its token, in seconds, needs attention. */
const longestWaitSeconds = 900;

function budgetWarning(ctx: Context, budgets: readonly TokenBudgetView[]): { warning?: string } {
  const now = ctx.clock.now();
  const until = budgets
    .flatMap(({ waiting_until }) => waiting_until ?? [])
    .find((at) => now.until(at).total('seconds') > longestWaitSeconds);
  return until === undefined ? {} : { warning: `the budget of the token is used up, requests wait until ${until}` };
}

/** Reports the last sweeps at the start and again every 15 seconds, because any replica may run a sync and all report its result. */
export async function reportLastSweeps(ctx: Context): Promise<() => Promise<void>> {
  const reportAll = async (): Promise<void> => {
    for (const { row, ended } of await lastSweeps(ctx.db, sweptKinds)) report(ctx, row.kind, ended);
    const budgets = await readBudgets(ctx);
    const figures = scarcestBudget(budgets);
    ctx.health.report('request budget', {
      ok: true,
      detail: budgetText(budgets),
      ...figures,
      ...budgetWarning(ctx, budgets),
    });
  };
  for (const access of Object.values(ctx.config.provider)) hasToken(access, ctx);
  ctx.log.info({ not_listed: notListed(ctx.config) }, `the inventory never lists: ${notListed(ctx.config).join('; ')}`);
  await reportAll();
  const timer = setInterval(() => void reportAll().catch(() => undefined), everyMs);
  return async () => clearInterval(timer);
}

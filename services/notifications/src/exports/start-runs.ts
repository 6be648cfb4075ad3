import { randomUUID } from 'node:crypto';
import { addMonths, type billingIngest, type invoicing, periodOf } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { CommandContext, Context, Tx } from '../context.ts';
import { startRuns } from '../store/export-runs.ts';
import { type ChangedMonth, dueExports, exportsToFollow, setTick } from '../store/scheduled-exports.ts';
import { keyOfMonth } from './manage-exports.ts';
import { nextOf } from './schedule.ts';

/** How many exports are started in one transaction. */
const exportsAtOnce = 100;
/** How long after the first invoice of a month it is exported, in minutes: the invoices of a close come within a few. */
const gatherMinutes = 10;

/** Starts the runs of all exports whose schedule is due: the present month and the one before it, in which credits may still arrive. */
export async function startDueExports(ctx: Context): Promise<void> {
  for (;;) {
    const now = ctx.clock.now();
    const started = await ctx.transact(async (tx) => {
      const due = await dueExports(tx.sql, now, exportsAtOnce);
      const month = periodOf(now);
      // After a set-back the time of the next run is not known: it is set anew, and nothing is started.
      const runs = due
        .filter(({ next_at }) => next_at !== null)
        .flatMap((row) =>
          [addMonths(month, -1), month].map((period) => ({
            ...{ run_id: randomUUID(), export_id: row.export_id, period, cause: 'schedule' as const },
            object_key: keyOfMonth(row, period),
          })),
        );
      await startRuns(tx.sql, runs, { now, dueAt: now });
      // A schedule is due at some time, or it would have been refused; without a time it would be looked at for ever.
      for (const { export_id, schedule } of due)
        await setTick(tx.sql, export_id, nextOf(schedule, now) ?? now.add({ hours: 24 * 365 }));
      return due.length;
    });
    if (started < exportsAtOnce) return;
  }
}

type Changing =
  | typeof invoicing.invoiceIssued
  | typeof invoicing.invoiceVoided
  | typeof invoicing.creditNoteIssued
  | typeof billingIngest.invoiceIngested;

const changing: ReadonlySet<string> = new Set<Changing['type']>([
  'invoice.issued',
  'invoice.voided',
  'credit-note.issued',
  'invoice.ingested',
]);

/** Starts runs of the months that a batch of events has changed, for the exports that follow a close. */
export async function followCloses(batch: readonly Received[], tx: Tx, ctx: CommandContext): Promise<void> {
  const changed = new Map<string, ChangedMonth>();
  for (const { type, data, occurredAt } of batch as readonly Received<Changing>[]) {
    if (!changing.has(type)) continue;
    const month: ChangedMonth = {
      dataset: type === 'invoice.ingested' ? 'costs' : 'charges',
      tenant_id: 'tenant_id' in data ? data.tenant_id : null,
      period: data.period,
      occurred_at: occurredAt.toString(),
    };
    const key = JSON.stringify([month.dataset, month.tenant_id, month.period]);
    const known = changed.get(key);
    if (known === undefined || known.occurred_at < month.occurred_at) changed.set(key, month);
  }
  const followed = await exportsToFollow(tx.sql, [...changed.values()]);
  if (followed.length === 0) return;
  const now = ctx.clock.now();
  const dueAt = now.add({ minutes: gatherMinutes });
  const runs = followed.map((row) => ({
    ...{ run_id: randomUUID(), export_id: row.export_id, period: row.period, cause: 'close' as const },
    object_key: keyOfMonth(row, row.period),
  }));
  await startRuns(tx.sql, runs, { now, dueAt });
  await tx.enqueue('run-exports', {}, { runAt: dueAt, onlyOnePending: true });
}

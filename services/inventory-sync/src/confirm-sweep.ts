import { inventorySync, refuse } from '@arcadia/contracts';
import { answer } from '@arcadia/platform';
import type { Config } from './config.ts';
import { deleteMissing } from './delete-missing.ts';
import { toMicroseconds } from './domain/resource.ts';
import { reportSweep } from './report-health.ts';
import { strikeConfirmed } from './store/missing-resources.ts';
import type { Database } from './store/schema.ts';
import { confirmEarlier, endSweep, findSweep, lockKind, sweepView } from './store/sweeps.ts';
import { publishSwept } from './sync-kind.ts';

/** An operator has looked: what a parked listing no longer showed, and nothing has shown since, is gone, from the first listing in a row that missed it. */
export const answerConfirmSweep = answer<typeof inventorySync.confirmSweep, Database, Config>(
  inventorySync.confirmSweep,
  async ({ input, actor, tx }, ctx) => {
    const found = await findSweep(tx.sql, input.sweep_id);
    if (found === undefined) return refuse('not-found', `There is no sweep ${input.sweep_id}.`);
    if (found.status !== 'parked')
      return refuse(
        'sweep-not-parked',
        `Sweep ${input.sweep_id} is ${found.status}; only a parked one waits for an answer.`,
      );
    await lockKind(tx.sql, found.kind);
    const now = toMicroseconds(ctx.clock.now());
    const sweep = {
      sweep: found.sweep,
      sweepId: found.sweep_id,
      startedAt: Temporal.Instant.from(found.started_at),
      lastCompleteAt: null,
    };
    const gone = await strikeConfirmed(tx.sql, { kind: found.kind, sweep: found.sweep, missedAt: sweep.startedAt });
    const deleted = await deleteMissing(tx, { ids: gone, now, actor: actor.subject });
    await publishSwept(tx, { ctx, kind: found.kind, sweep, count: found.count ?? 0 });
    const end = { ...sweepView(found), status: 'confirmed' as const, deleted, detail: `confirmed by ${actor.subject}` };
    await endSweep(tx.sql, found.sweep, now, end);
    await confirmEarlier(tx.sql, found, `confirmed with sweep ${found.sweep_id}`);
    reportSweep(ctx, found.kind, end);
    return { ...end, completed_at: now.toString() };
  },
);

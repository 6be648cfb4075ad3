import { type inventorySync, refuse } from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import type { CommandContext } from '../context.ts';
import { toMicroseconds } from '../domain/resources/resource.ts';
import { deleteMissing } from '../resources/delete-missing.ts';
import { strikeConfirmed } from '../store/resources/missing-resources.ts';
import type { Tables } from '../store/schema.ts';
import { confirmEarlier, endSweep, findSweep, lockKind, sweepView } from '../store/syncs/sweeps.ts';
import { reportSweep } from './report-health.ts';
import { publishSwept } from './sync-kind.ts';

/**
 * An operator confirms a parked sweep: the resources that it did not list, and that no later sweep listed, are deleted from the
 * start of the first sweep in a row that missed them.
 */
export async function confirmSweep(
  { input, actor, tx }: CommandRequest<typeof inventorySync.confirmSweep, Tables>,
  ctx: CommandContext,
) {
  const found = await findSweep(tx.sql, input.sweep_id);
  if (found === undefined) return refuse('not-found', `There is no sweep ${input.sweep_id}.`);
  if (found.status !== 'parked')
    return refuse(
      'sweep-not-parked',
      `Sweep ${input.sweep_id} is ${found.status}; only a parked sweep can be confirmed.`,
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
}

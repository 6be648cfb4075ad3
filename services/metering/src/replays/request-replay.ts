import { metering, refuse } from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import type { CommandContext } from '../context.ts';
import { pageOfPeriods } from '../store/periods/list-periods.ts';
import { periodRow } from '../store/periods/periods.ts';
import { insertReplay } from '../store/replays/replays.ts';
import type { Tables } from '../store/schema.ts';

/** Starts a replay of a period; a job does the work. */
export async function requestReplay(
  { input, actor, tx }: CommandRequest<typeof metering.startReplay, Tables>,
  ctx: CommandContext,
) {
  const { period, apply } = input;
  const [known] = await pageOfPeriods(tx.sql, { period, limit: 1 });
  if (known === undefined)
    return refuse('not-found', `Period ${period} has no metered day: a day is metered after it has ended.`);
  const row = await periodRow(tx.sql, period);
  if (row.dropped_at !== null) {
    return refuse(
      'period-dropped',
      `The facts of ${period} were dropped after their retention; nothing can be compared.`,
    );
  }
  const replayId = crypto.randomUUID();
  const started = { replayId, period, isApplying: apply, requestedBy: actor.subject, at: ctx.clock.now() };
  const replay = await insertReplay(tx.sql, started);
  await tx.publish(metering.replayChanged, replay);
  await tx.enqueue('replay-period', { replay_id: replayId }, { cause: replayId });
  return replay;
}

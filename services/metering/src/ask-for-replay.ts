import { type Actor, decodeCursor, type metering, type RequestInput, refuse } from '@arcadia/contracts';
import { cutPage } from '@arcadia/platform';
import type { MeteringContext, MeteringTx } from './context.ts';
import { listPeriods } from './store/list-periods.ts';
import { periodRow } from './store/periods.ts';
import {
  findReplay,
  insertReplay,
  pageOfReplayDifferences,
  pageOfReplayedTenants,
  pageOfReplays,
} from './store/replays.ts';

const badCursor = refuse('invalid-cursor', 'that cursor was not given by this list');
const unknown = (replayId: string) => refuse('not-found', `there is no replay ${replayId}`);

/** The sort key in a cursor: null at the beginning, undefined for a cursor that is none of the list's. */
const positionOf = (cursor: string | undefined, length: number): string[] | null | undefined =>
  cursor === undefined ? null : (decodeCursor(cursor, length) ?? undefined);

export async function startReplay(
  { input, actor, tx }: { input: RequestInput<typeof metering.startReplay>; actor: Actor; tx: MeteringTx },
  ctx: MeteringContext,
) {
  const { period, apply } = input;
  const [known] = await listPeriods(tx.sql, { period, limit: 1 });
  if (known === undefined) return refuse('not-found', `nothing is known of period ${period}`);
  const row = await periodRow(tx.sql, period);
  if (row.dropped_at !== null)
    return refuse(
      'period-dropped',
      `the facts of ${period} were dropped after their retention; nothing is left to compare`,
    );
  const replayId = crypto.randomUUID();
  const started = { replayId, period, isApplying: apply, askedBy: actor.subject, at: ctx.clock.now() };
  const replay = await insertReplay(tx.sql, started);
  await tx.enqueue('replay-period', { replay_id: replayId }, { cause: replayId });
  return replay;
}

export async function showReplay({ input }: { input: RequestInput<typeof metering.getReplay> }, ctx: MeteringContext) {
  return (await findReplay(ctx.db, input.replay_id)) ?? unknown(input.replay_id);
}

export async function listReplays(
  { input }: { input: RequestInput<typeof metering.listReplays> },
  ctx: MeteringContext,
) {
  const after = positionOf(input.cursor, 2);
  if (after === undefined) return badCursor;
  const rows = await pageOfReplays(ctx.db, { period: input.period, after, limit: input.limit + 1 });
  return cutPage(rows, { limit: input.limit, keyOf: (row) => [row.started_at, row.replay_id], itemOf: (row) => row });
}

export async function listReplayedTenants(
  { input }: { input: RequestInput<typeof metering.listReplayedTenants> },
  ctx: MeteringContext,
) {
  const after = positionOf(input.cursor, 3);
  if (after === undefined) return badCursor;
  if ((await findReplay(ctx.db, input.replay_id)) === null) return unknown(input.replay_id);
  const rows = await pageOfReplayedTenants(ctx.db, { replayId: input.replay_id, after, limit: input.limit + 1 });
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ tenant_id, kind, divisor }) => [tenant_id, kind, divisor],
    itemOf: (row) => row,
  });
}

export async function listReplayDifferences(
  { input }: { input: RequestInput<typeof metering.listReplayDifferences> },
  ctx: MeteringContext,
) {
  const after = positionOf(input.cursor, 1);
  if (after === undefined || (after !== null && !/^\d{1,18}$/.test(after[0] ?? ''))) return badCursor;
  if ((await findReplay(ctx.db, input.replay_id)) === null) return unknown(input.replay_id);
  const rows = await pageOfReplayDifferences(ctx.db, {
    replayId: input.replay_id,
    tenant: input.tenant ?? null,
    after: after?.[0] ?? null,
    limit: input.limit + 1,
  });
  return cutPage(rows, { limit: input.limit, keyOf: ({ number }) => [number], itemOf: (row) => row });
}

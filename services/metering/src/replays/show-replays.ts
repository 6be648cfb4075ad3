import { isRefusal, type metering, type Refusal, refuse } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { findReplay, pageOfReplayDifferences, pageOfReplayedTenants, pageOfReplays } from '../store/replays/replays.ts';

const unknownReplay = (replayId: string): Refusal<'not-found'> =>
  refuse('not-found', `Replay ${replayId} does not exist.`);

export async function showReplay({ input }: ReadRequest<typeof metering.getReplay>, ctx: Context) {
  return (await findReplay(ctx.db, input.replay_id)) ?? unknownReplay(input.replay_id);
}

export async function listReplays({ input }: ReadRequest<typeof metering.listReplays>, ctx: Context) {
  const after = readCursor(input.cursor, 2);
  if (isRefusal(after)) return after;
  const rows = await pageOfReplays(ctx.db, { period: input.period, after, limit: input.limit + 1 });
  return cutPage(rows, { limit: input.limit, keyOf: (row) => [row.started_at, row.replay_id], itemOf: (row) => row });
}

export async function listReplayedTenants({ input }: ReadRequest<typeof metering.listReplayedTenants>, ctx: Context) {
  const after = readCursor(input.cursor, 3);
  if (isRefusal(after)) return after;
  if ((await findReplay(ctx.db, input.replay_id)) === null) return unknownReplay(input.replay_id);
  const rows = await pageOfReplayedTenants(ctx.db, { replayId: input.replay_id, after, limit: input.limit + 1 });
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ tenant_id, kind, divisor }) => [tenant_id, kind, divisor],
    itemOf: (row) => row,
  });
}

export async function listReplayDifferences(
  { input }: ReadRequest<typeof metering.listReplayDifferences>,
  ctx: Context,
) {
  const after = readCursor(input.cursor, [/^\d{1,18}$/]);
  if (isRefusal(after)) return after;
  if ((await findReplay(ctx.db, input.replay_id)) === null) return unknownReplay(input.replay_id);
  const rows = await pageOfReplayDifferences(ctx.db, {
    replayId: input.replay_id,
    tenant: input.tenant_id ?? null,
    after: after?.[0] ?? null,
    limit: input.limit + 1,
  });
  return cutPage(rows, { limit: input.limit, keyOf: (row) => [row.number], itemOf: (row) => row });
}

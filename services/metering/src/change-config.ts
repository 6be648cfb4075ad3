import { type Actor, dayOf, type metering, type RequestInput, refuse } from '@arcadia/contracts';
import type { MeteringContext, MeteringTx } from './context.ts';
import { addConfig, configHistory, configInForce, lockConfig } from './store/config-in-force.ts';
import type { MeteringTables } from './store/schema.ts';

type Row = MeteringTables['metering_config'];

export async function showConfig(
  { input }: { input: RequestInput<typeof metering.getMeteringConfig> },
  ctx: MeteringContext,
) {
  const today = dayOf(ctx.clock.now());
  const wanted = (row: Row) => input.kind === undefined || row.kind === input.kind;
  const history = (await configHistory(ctx.db)).filter(wanted);
  return {
    items: (await configInForce(ctx.db, today)).filter(wanted).map(view),
    upcoming: history.filter((row) => row.effective_from > today && isLatest(row, history)).map(view),
    history: history.map(view),
  };
}

/** A change counts from the next 00:00Z, so that a kind has one granularity on every UTC day. */
export async function changeConfig(
  { input, actor, tx }: { input: RequestInput<typeof metering.putMeteringConfig>; actor: Actor; tx: MeteringTx },
  ctx: MeteringContext,
) {
  await lockConfig(tx.sql);
  const now = ctx.clock.now();
  const [standing] = (await configHistory(tx.sql)).filter(({ kind }) => kind === input.kind);
  if (standing !== undefined && input.unit !== undefined && input.unit !== standing.unit) {
    return refuse('unit-is-fixed', `${input.kind} is counted in ${standing.unit}; a unit cannot be changed`);
  }
  const tomorrow = Temporal.PlainDate.from(dayOf(now)).add({ days: 1 }).toString();
  const row: Row = {
    kind: input.kind,
    revision: (standing?.revision ?? 0) + 1,
    // Nobody can have reported a kind that was unknown, so it may begin at once.
    effective_from: standing === undefined ? dayOf(now) : tomorrow,
    unit: standing?.unit ?? input.unit ?? 'unit',
    per: standing?.per ?? null,
    resource_kind: standing?.resource_kind ?? null,
    granularity: input.granularity ?? standing?.granularity ?? 'daily',
    retention_days: input.retention_days ?? standing?.retention_days ?? 400,
    is_enabled: input.is_enabled ?? standing?.is_enabled ?? true,
    changed_by: actor.subject,
    changed_at: now.toString(),
  };
  await addConfig(tx.sql, row);
  return view(row);
}

const isLatest = (row: Row, history: readonly Row[]) =>
  !history.some((other) => other.kind === row.kind && other.revision > row.revision);

const view = (row: Row) => ({
  kind: row.kind,
  revision: row.revision,
  unit: row.unit,
  granularity: row.granularity,
  retention_days: row.retention_days,
  is_enabled: row.is_enabled,
  effective_from: row.effective_from,
  changed_by: row.changed_by,
  changed_at: row.changed_at,
});

import { dayOf, type metering, nearWords, refuse } from '@arcadia/contracts';
import type { CommandRequest, ReadRequest } from '@arcadia/platform';
import type { CommandContext, Context } from '../context.ts';
import { addConfig, configHistory, configInForce, lockConfig } from '../store/kinds/config-in-force.ts';
import type { Tables } from '../store/schema.ts';

type Row = Tables['metering_config'];

export async function showConfig({ input }: ReadRequest<typeof metering.getMeteringConfig>, ctx: Context) {
  const today = dayOf(ctx.clock.now());
  const wanted = (row: Row) => input.kind === undefined || row.kind === input.kind;
  const history = (await configHistory(ctx.db)).filter(wanted);
  return {
    items: (await configInForce(ctx.db, today)).filter(wanted).map(view),
    upcoming: history.filter((row) => row.effective_from > today && isLatest(row, history)).map(view),
    history: history.map(view),
  };
}

/** A change takes effect at the next 00:00 UTC, so that a kind has one granularity on every UTC day. */
export async function changeConfig(
  { input, actor, tx }: CommandRequest<typeof metering.putMeteringConfig, Tables>,
  ctx: CommandContext,
) {
  await lockConfig(tx.sql);
  const now = ctx.clock.now();
  const history = await configHistory(tx.sql);
  const [standing] = history.filter(({ kind }) => kind === input.kind);
  if (standing !== undefined && input.unit !== undefined && input.unit !== standing.unit) {
    return refuse(
      'unit-is-fixed',
      `${input.kind} is metered in ${standing.unit}; the unit of a kind cannot be changed. Create a new kind instead.`,
    );
  }
  const unit = standing?.unit ?? input.unit;
  if (unit === undefined) {
    const near = nearWords(input.kind, [...new Set(history.map(({ kind }) => kind))]);
    const hint = near.length === 0 ? '' : ` Near it: ${near.join(', ')}.`;
    return refuse(
      'unknown-kind',
      `There is no billing kind ${input.kind}.${hint} To create it as a kind of your own, give its \`unit\`.`,
    );
  }
  const tomorrow = Temporal.PlainDate.from(dayOf(now)).add({ days: 1 }).toString();
  const row: Row = {
    kind: input.kind,
    revision: (standing?.revision ?? 0) + 1,
    // No report of a new kind can exist yet, so it may begin today.
    effective_from: standing === undefined ? dayOf(now) : tomorrow,
    unit,
    per: standing?.per ?? null,
    dimension: standing?.dimension ?? null,
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
  dimension: row.dimension,
  granularity: row.granularity,
  retention_days: row.retention_days,
  is_enabled: row.is_enabled,
  effective_from: row.effective_from,
  changed_by: row.changed_by,
  changed_at: row.changed_at,
});

import { type Interval, type metering, resourceId } from '@arcadia/contracts';
import fc from 'fast-check';
import { sql } from 'kysely';
import type { Window } from '../src/domain/days/windows.ts';
import { linesQuery } from '../src/store/days/lines.ts';
import { deriveStates } from '../src/store/observations/derive-states.ts';
import { addObservations, type Observation } from '../src/store/observations/observations.ts';
import { pageOfUnknownUsage } from '../src/store/usage/unknown-usage.ts';
import { deploymentId, type stage } from './stage.ts';

// The model that metering is compared with: plain arrays and BigInt, written from the definition.

type Stage = Awaited<ReturnType<typeof stage>>;

export const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 25) };

export const micro = (text: string): bigint => Temporal.Instant.from(text).epochNanoseconds / 1000n;
export const minute = 60_000_000n;
const dayLong = 1440n * minute;

const measure = fc.record({
  billing: fc.integer({ min: 0, max: 2 }),
  size: fc.constantFrom('s-1vcpu-1gb', 'g-32vcpu-128gb', '"\\\u{1f600}\uffee', null),
  units: fc.option(fc.integer({ min: 0, max: 3 }), { freq: 8 }),
});
type SeenMeasure = { billing: number; size: string | null; units: number | null };

/** One change of one of a few resources within five days; the same instants recur often, midnight among them. */
export const seen = fc.record({
  resource: fc.integer({ min: 0, max: 2 }),
  at: fc.oneof(
    // Frequent, so that two revisions of one resource share an instant.
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 5 }).map((day) => BigInt(day) * dayLong) },
    fc.integer({ min: 0, max: 5 * 24 * 3 }).map((third) => BigInt(third) * 20n * minute),
    fc.integer({ min: 1, max: 4 }).map((day) => BigInt(day) * dayLong + 40_000_000n),
    fc.bigInt({ min: 0n, max: 5n * dayLong }),
  ),
  // Most states have one measure, as a droplet has; some have none or several, as an app has. NULL units are unknown.
  measures: fc.oneof(
    { weight: 3, arbitrary: measure.map((one) => [one]) },
    fc.uniqueArray(measure, { maxLength: 4, selector: ({ billing, size }) => `${billing} ${size}` }),
  ),
  owner: fc.constantFrom('shop', 'blog', null),
});
export type Seen = { resource: number; at: bigint; measures: SeenMeasure[]; owner: string | null };

export const billing = ['droplet_hours', 'volume_gb_month', 'dns_zones'];

/** The messages that metering would consume, from a first instant on; revisions in the order given. */
export const observationsOf = (events: readonly Seen[], zero: string): Observation[] => {
  const revisions = new Map<number, number>();
  return events.map(({ resource, at, measures, owner }) => {
    const revision = (revisions.get(resource) ?? 0) + 1;
    revisions.set(resource, revision);
    const instant = new Temporal.Instant((micro(zero) + at) * 1000n).toString();
    return {
      resourceId: resourceId('test', 'thing', String(resource)),
      revision,
      kind: 'thing',
      effectiveAt: instant,
      observedAt: instant,
      isPresent: true,
      measures: measures.map(({ billing: kind, size, units }) => {
        return { kind: billing[kind] ?? '', units: units === null ? null : String(units), dimension: size };
      }),
      tenantId: owner === null ? null : 'acme.com',
      deploymentId: owner === null ? null : deploymentId(owner),
      name: 'thing',
      status: null,
      attrs: '{}',
      eventId: resourceId('test', 'event', `${resource}:${revision}`),
      stream: 'INVENTORY',
      streamSeq: 1,
    };
  });
};

export type Usage = Map<string, bigint>;

/** Unit-microseconds by deployment, resource, kind, dimension and window. */
export const model = (observations: readonly Observation[], windows: readonly Window[]): Usage => {
  const usage: Usage = new Map();
  for (const history of Map.groupBy(observations, (one) => one.resourceId).values()) {
    const counting = new Map<bigint, Observation>();
    for (const one of history.toSorted((a, b) => a.revision - b.revision)) counting.set(micro(one.effectiveAt), one);
    const starts = [...counting.keys()].sort((a, b) => (a < b ? -1 : 1));
    starts.forEach((start, index) => {
      const state = counting.get(start);
      if (state === undefined || state.deploymentId === null) return;
      for (const window of windows) {
        const from = maximum(start, micro(window.start.toString()));
        const to = minimum(starts[index + 1] ?? from + 10n ** 18n, micro(window.end.toString()));
        if (to <= from) continue;
        for (const { kind, units, dimension } of state.measures) {
          if (kind !== window.kind || units === null || units === '0') continue;
          const size = window.dropsDimension ? '' : (dimension ?? '');
          const key = [state.deploymentId, state.resourceId, kind, size, window.start.toString()].join(' ');
          usage.set(key, (usage.get(key) ?? 0n) + BigInt(units) * (to - from));
        }
      }
    });
  }
  return usage;
};

/** Microseconds within an interval in which units are unknown, by deployment, resource, kind and dimension. */
export const unknownModel = (observations: readonly Observation[], within: Interval): Usage => {
  const windows = billing.map((kind) => ({ ...within, kind, divisor: 1, dropsDimension: false }));
  const counted = (units: string | null) => (units === null ? '1' : '0');
  const swapped = observations.map((one) => ({
    ...one,
    measures: one.measures.map((measured) => ({ ...measured, units: counted(measured.units) })),
  }));
  return new Map([...model(swapped, windows)].map(([key, value]) => [key.slice(0, key.lastIndexOf(' ')), value]));
};

/** Usage summed over all dimensions. */
export const withoutDimension = (usage: Usage): Usage => {
  const sums: Usage = new Map();
  for (const [key, value] of usage) {
    const [deployment, resource, kind, , start] = key.split(' ');
    const whole = [deployment, resource, kind, '', start].join(' ');
    sums.set(whole, (sums.get(whole) ?? 0n) + value);
  }
  return sums;
};

const maximum = (a: bigint, b: bigint) => (a > b ? a : b);
const minimum = (a: bigint, b: bigint) => (a < b ? a : b);

/** Metering's tables before the first message; the configuration of the first day. */
export const clear = async (on: Stage) => {
  const { db } = on.metering.context;
  await sql`TRUNCATE observations, states, metered_days, pending_days, usage_records, accruals, periods`.execute(db);
  await sql`DELETE FROM metering_config WHERE revision > 1`.execute(db);
  await sql`UPDATE metering_config SET dimension = 'size' WHERE kind = 'droplet_hours'`.execute(db);
};

export const store = (on: Stage, batch: readonly Observation[], derive: boolean) =>
  on.metering.context.transact(async (tx) => {
    if (batch.length > 0) await addObservations(tx.sql, batch);
    if (derive) await deriveStates(tx.sql);
  });

type Line = {
  deployment_id: string;
  resource_id: string;
  kind: string;
  dimension: string;
  period_start: string;
  unit_seconds: string;
};

const microseconds = (seconds: string): bigint => {
  const [whole = '0', fraction = ''] = seconds.split('.');
  return BigInt(whole + fraction.padEnd(6, '0'));
};

const asUsage = (rows: readonly Line[]): Usage =>
  new Map(
    rows.map((row) => [
      [row.deployment_id, row.resource_id, row.kind, row.dimension, row.period_start].join(' '),
      microseconds(row.unit_seconds),
    ]),
  );

/** The formula's result for these windows now. */
export const linesOf = async (on: Stage, windows: readonly Window[]): Promise<Usage> => {
  const result = await sql<Line>`SELECT * FROM (${linesQuery({ windows })}) AS lines`.execute(on.metering.context.db);
  return asUsage(result.rows);
};

export const factsOf = async (on: Stage): Promise<Usage> => {
  const result = await sql<Line>`SELECT * FROM usage_records`.execute(on.metering.context.db);
  return asUsage(result.rows);
};

/** The hash of each fact as Postgres computed it, with the lines it covers. */
export const hashesOf = async (on: Stage): Promise<{ hash: string; lines: metering.UsageLine[] }[]> => {
  const result = await sql<{ hash: string; lines: metering.UsageLine[] }>`
    SELECT a.hash, coalesce(json_agg(json_strip_nulls(json_build_object('kind', r.kind, 'dimension', nullif(r.dimension, ''),
        'unit_seconds', r.unit_seconds::text, 'divisor', r.divisor::text))::jsonb || jsonb_build_object('resource_id', r.resource_id))
      FILTER (WHERE r.kind IS NOT NULL), '[]') AS lines
    FROM accruals a LEFT JOIN usage_records r USING (period_start, deployment_id, granularity)
    GROUP BY a.period_start, a.deployment_id, a.granularity, a.hash`.execute(on.metering.context.db);
  return result.rows;
};

/** Microseconds of unknown usage within an interval as they are listed. */
export const unknownOf = async (on: Stage, within: Interval): Promise<Usage> => {
  const rows = await pageOfUnknownUsage(on.metering.context.db, { ...within, limit: 1000, after: null });
  const sums: Usage = new Map();
  for (const row of rows) {
    const key = [row.deployment_id, row.resource_id, row.kind, row.dimension ?? ''].join(' ');
    sums.set(key, (sums.get(key) ?? 0n) + micro(row.until) - micro(row.from));
  }
  return sums;
};

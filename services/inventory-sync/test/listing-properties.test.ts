import { resourceId } from '@arcadia/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Observation, openStage } from './stage.ts';

const begin = Temporal.Instant.from('2026-04-01T00:00:00Z');
const sweepAt = (index: number): Temporal.Instant => begin.add({ minutes: 15 * index });

/** Faults that the simulator puts on the requests of a sweep and of later ones: the same page may fail several times. */
type Misfortune = { kind: string; times: number; skip: number; by: number; lasts: number };
type Step = { misfortune: Misfortune | null; destroyed: number[]; made: number };

const misfortune: fc.Arbitrary<Misfortune> = fc.record({
  kind: fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom('empty-list', 'repeat-page', 'shifting-pages', 'shrinking-total') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('429', '500', 'hang', 'reset', 'html', 'truncated-json', 'empty-200'),
    },
  ),
  // The client tries five times and an incomplete listing is read three times: some faults are overcome, others are not.
  times: fc.constantFrom(1, 2, 1_000, 1_000),
  skip: fc.integer({ min: 0, max: 2 }),
  by: fc.integer({ min: 1, max: 30 }),
  lasts: fc.integer({ min: 1, max: 5 }),
});
const step: fc.Arbitrary<Step> = fc.record({
  misfortune: fc.option(misfortune, { freq: 3 }),
  destroyed: fc.array(fc.nat(1_000), { maxLength: 3 }),
  made: fc.nat(2),
});

type Zone = { name: string; created_at: string; destroyed_at?: string };

/** The droplets that exist, each created and destroyed a moment before the sweep that can first list the change. */
const livesOf = (steps: readonly Step[]): Zone[] => {
  // More than one page, so that pages can shift.
  const zones: Zone[] = Array.from({ length: 230 }, (_, index) => ({
    name: `first-${index}.example`,
    created_at: '2026-02-01T00:00:00Z',
  }));
  for (const [index, { destroyed, made }] of steps.entries()) {
    const at = sweepAt(index + 1)
      .subtract({ minutes: 1 })
      .toString();
    for (const pick of destroyed) {
      const living = zones.filter((zone) => zone.destroyed_at === undefined);
      const chosen = living[pick % living.length];
      if (chosen !== undefined) chosen.destroyed_at = at;
    }
    for (let number = 0; number < made; number += 1)
      zones.push({ name: `step-${index}-${number}.example`, created_at: at });
  }
  return zones;
};

const faultsOf = (steps: readonly Step[]) =>
  steps.flatMap(({ misfortune: given }, index) => {
    if (given === null) return [];
    const { lasts, ...fault } = given;
    const span = {
      match: { path: '^/v2/domains' },
      from: sweepAt(index + 1).toString(),
      until: sweepAt(Math.min(index + 1 + lasts, steps.length + 1)).toString(),
    };
    return [{ ...fault, ...span, ...(fault.kind === '429' ? { retry_after: 0 } : {}) }];
  });

const idOf = (zone: Zone): string => resourceId('digitalocean', 'dns_zone', zone.name);
const isAfter = (a: string, b: string) =>
  Temporal.Instant.compare(Temporal.Instant.from(a), Temporal.Instant.from(b)) > 0;

/** Droplets that were published as deleted although they existed, or earlier than they were deleted. */
const falseDeaths = (zones: readonly Zone[], observed: readonly Observation[]): Observation[] => {
  const ends = new Map(zones.map((zone) => [idOf(zone), zone.destroyed_at]));
  return observed.filter(({ is_present, resource_id, effective_at }) => {
    const end = ends.get(resource_id);
    return !is_present && (end === undefined || isAfter(end, effective_at));
  });
};

async function account(steps: readonly Step[]): Promise<void> {
  const zones = livesOf(steps);
  const world = { provider: { domains: zones, faults: faultsOf(steps) } };
  await using stage = await openStage(world, begin.toString(), {
    DIGITALOCEAN_TIMEOUT_MS: '100',
    DIGITALOCEAN_BACKOFF_MS: '1',
  });
  await stage.run('sync-dns-zones', begin.toString());
  const last = steps.length + 3;
  for (let index = 1; index <= last; index += 1) {
    await stage.run('sync-dns-zones', sweepAt(index).toString());
    expect(falseDeaths(zones, await stage.observed())).toEqual([]);
  }

  // After three sweeps without faults every deletion has been found and every other droplet is present.
  const observed = await stage.observed();
  const newest = new Map(observed.map((one) => [one.resource_id, one]));
  const never = zones.filter((zone) => !newest.has(idOf(zone)));
  expect(never.filter(({ destroyed_at }) => destroyed_at === undefined)).toEqual([]);
  const believed = zones.filter((zone) => newest.get(idOf(zone))?.is_present === true);
  const living = zones.filter(({ destroyed_at }) => destroyed_at === undefined);
  expect(believed.map(({ name }) => name)).toEqual(living.map(({ name }) => name));

  // The log and the published events agree, revision by revision, without gaps.
  const logged = await stage.logged();
  expect(logged).toEqual(
    observed
      .map(({ resource_id, revision, effective_at, is_present, cause }) => ({
        resource_id,
        revision,
        effective_at,
        is_present,
        cause,
      }))
      .toSorted((a, b) =>
        a.resource_id < b.resource_id ? -1 : a.resource_id > b.resource_id ? 1 : a.revision - b.revision,
      ),
  );
  const revisions = Map.groupBy(logged, ({ resource_id }) => resource_id);
  for (const own of revisions.values())
    expect(own.map(({ revision }) => revision)).toEqual(own.map((_, index) => index + 1));
  expect((await stage.swept()).at(-1)).toMatchObject({ kind: 'dns_zone', count: living.length });
}

test('under any faults of its listings no existing droplet is deleted, and a destroyed one is deleted after three complete listings', async () => {
  const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 6);
  const steps = fc.array(step, { minLength: 4, maxLength: 9 });
  await fc.assert(fc.asyncProperty(steps, account), { numRuns, endOnFailure: true });
}, 300_000);

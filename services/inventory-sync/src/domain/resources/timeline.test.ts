import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { State } from './resource.ts';
import {
  type Change,
  type Claim,
  changedSegments,
  inheriting,
  type Owner,
  type Segment,
  segmentAt,
  unowned,
  withChanges,
} from './timeline.ts';

const at = (hour: number): Temporal.Instant => Temporal.Instant.from('2026-04-01T00:00:00Z').add({ hours: hour });
const state = (given: Partial<State> = {}): State => ({
  is_present: true,
  name: 'web',
  status: 'active',
  region: 'syd1',
  created_at: null,
  attrs: {},
  ...given,
});
const owner = (name: string): Owner => ({
  tenant_id: name,
  deployment_id: name,
  project_id: null,
  attributed_by: 'project',
});
const first: Segment = { at: at(0), state: state(), auto: unowned, owner: unowned };
const shown = (segments: readonly Segment[]) =>
  segments.map((segment) => [
    segment.at.since(at(0)).total('hours'),
    segment.state.status,
    segment.state.name,
    segment.owner.tenant_id,
  ]);

describe('timeline: a change in the past', () => {
  test('holds until a later segment changed the same field', () => {
    const history = withChanges(
      [first],
      [
        { at: at(3), state: { status: 'off' } },
        { at: at(5), state: { name: 'renamed' } },
      ],
      [],
    );
    const corrected = withChanges(
      history,
      [
        { at: at(2), state: { status: 'off' } },
        { at: at(1), state: { name: 'early' } },
      ],
      [],
    );
    expect(shown(corrected)).toEqual([
      [0, 'active', 'web', null],
      [1, 'active', 'early', null],
      [2, 'off', 'early', null],
      [3, 'off', 'early', null],
      [5, 'off', 'renamed', null],
    ]);
    expect(shown(changedSegments(history, corrected))).toEqual([
      [1, 'active', 'early', null],
      [2, 'off', 'early', null],
      [3, 'off', 'early', null],
    ]);
  });

  test('that changes no field adds no segment', () => {
    expect(changedSegments([first], withChanges([first], [{ at: at(4), state: { status: 'active' } }], []))).toEqual(
      [],
    );
  });

  test('by hand wins over the rules until the next attribution by hand', () => {
    const claims: Claim[] = [
      { at: at(2), owner: { tenant_id: 'hand', deployment_id: null } },
      { at: at(6), owner: null },
    ];
    const history = withChanges([first], [{ at: at(4), auto: owner('rules') }], claims);
    expect(shown(history).map(([hour, , , tenant]) => [hour, tenant])).toEqual([
      [0, null],
      [2, 'hand'],
      [4, 'hand'],
      [6, 'rules'],
    ]);
  });

  test('of a source gives inheriting resources its owners from that instant on', () => {
    const source = withChanges(
      [first],
      [
        { at: at(2), auto: owner('a') },
        { at: at(4), auto: owner('b') },
      ],
      [],
    );
    const inheritor = inheriting([{ ...first, at: at(1) }], { source, from: at(3), claims: [] });
    expect(shown(inheritor).map(([hour, , , tenant]) => [hour, tenant])).toEqual([
      [1, null],
      [3, 'a'],
      [4, 'b'],
    ]);
  });
});

describe('timeline properties', () => {
  const change: fc.Arbitrary<Change> = fc.record({
    at: fc.integer({ min: 0, max: 20 }).map(at),
    state: fc.oneof(
      fc.record({ status: fc.constantFrom('active', 'off', 'new') }),
      fc.record({ name: fc.constantFrom('a', 'b') }),
      fc.record({ attrs: fc.record({ size_slug: fc.constantFrom('s', 'm', 'l') }) }),
      fc.record({ is_present: fc.boolean() }),
    ),
  });
  const batches = fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 6 });

  /** A consumer that folds the published segments: for each instant the last one counts. */
  const fold = (published: readonly Segment[][]): Segment[] => {
    const byInstant = new Map<bigint, Segment>();
    for (const segment of published.flat()) byInstant.set(segment.at.epochNanoseconds, segment);
    return [...byInstant.values()].toSorted((a, b) => Temporal.Instant.compare(a.at, b.at));
  };

  test('a consumer of the published segments builds the same history', () => {
    fc.assert(
      fc.property(batches, (given) => {
        let history = [first];
        const published = [[first]];
        for (const changes of given) {
          const after = withChanges(history, changes, []);
          published.push(changedSegments(history, after));
          history = after;
        }
        expect(fold(published)).toEqual(history);
      }),
      { numRuns: 200 },
    );
  });

  test('a change holds at its own instant, and instants are in order, each once', () => {
    fc.assert(
      fc.property(batches, change, (given, last) => {
        const history = given.reduce<Segment[]>((before, changes) => withChanges(before, changes, []), [first]);
        const after = withChanges(history, [last], []);
        const inForce = segmentAt(after, last.at);
        expect(inForce?.state).toMatchObject(last.state ?? {});
        const instants = after.map((segment) => segment.at.epochMilliseconds);
        expect(instants).toEqual([...new Set(instants)].toSorted((a, b) => a - b));
      }),
      { numRuns: 200 },
    );
  });

  test('the same change again publishes nothing', () => {
    fc.assert(
      fc.property(batches, change, (given, last) => {
        const history = given.reduce<Segment[]>((before, changes) => withChanges(before, changes, []), [first]);
        const once = withChanges(history, [last], []);
        expect(changedSegments(once, withChanges(once, [last], []))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

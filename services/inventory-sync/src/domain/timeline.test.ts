import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { State } from './resource.ts';
import {
  type Change,
  type Claim,
  inheriting,
  nobody,
  type Owner,
  type Segment,
  segmentAt,
  toSay,
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
const first: Segment = { at: at(0), state: state(), auto: nobody, owner: nobody };
const shown = (segments: readonly Segment[]) =>
  segments.map((segment) => [
    segment.at.since(at(0)).total('hours'),
    segment.state.status,
    segment.state.name,
    segment.owner.tenant_id,
  ]);

describe('a change in the past', () => {
  test('holds until something else was said about the same field', () => {
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
    expect(shown(toSay(history, corrected))).toEqual([
      [1, 'active', 'early', null],
      [2, 'off', 'early', null],
      [3, 'off', 'early', null],
    ]);
  });

  test('that says nothing new is not said', () => {
    expect(toSay([first], withChanges([first], [{ at: at(4), state: { status: 'active' } }], []))).toEqual([]);
  });

  test('by hand wins over the rules until a later hand, whatever the rules say meanwhile', () => {
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

  test('an heir is whose its source was, stretch by stretch, and nothing before', () => {
    const source = withChanges(
      [first],
      [
        { at: at(2), auto: owner('a') },
        { at: at(4), auto: owner('b') },
      ],
      [],
    );
    const heir = inheriting([{ ...first, at: at(1) }], { source, from: at(3), claims: [] });
    expect(shown(heir).map(([hour, , , tenant]) => [hour, tenant])).toEqual([
      [1, null],
      [3, 'a'],
      [4, 'b'],
    ]);
  });
});

describe('properties', () => {
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

  /** A reader that folds what was said: of one instant the last word. */
  const fold = (said: readonly Segment[][]): Segment[] => {
    const byInstant = new Map<bigint, Segment>();
    for (const segment of said.flat()) byInstant.set(segment.at.epochNanoseconds, segment);
    return [...byInstant.values()].toSorted((a, b) => Temporal.Instant.compare(a.at, b.at));
  };

  test('whoever hears what is said comes to the same history', () => {
    fc.assert(
      fc.property(batches, (given) => {
        let history = [first];
        const said = [[first]];
        for (const changes of given) {
          const after = withChanges(history, changes, []);
          said.push(toSay(history, after));
          history = after;
        }
        expect(fold(said)).toEqual(history);
      }),
      { numRuns: 200 },
    );
  });

  test('at the instant of a change its field is what it says, and instants are in order, each once', () => {
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

  test('saying the same again says nothing', () => {
    fc.assert(
      fc.property(batches, change, (given, last) => {
        const history = given.reduce<Segment[]>((before, changes) => withChanges(before, changes, []), [first]);
        const once = withChanges(history, [last], []);
        expect(toSay(once, withChanges(once, [last], []))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

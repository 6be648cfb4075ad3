import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { candidatesAmong, matchLine } from './match-line.ts';
import { type KnownResource, type ResourceState, unallocated } from './ownership.ts';

const at = (text: string) => Temporal.Instant.from(text.length === 10 ? `${text}T00:00:00Z` : text);
const march = { start: at('2026-03-01'), end: at('2026-04-01') };

const state = (effective: string, name: string, isPresent = true): ResourceState => ({
  effective_at: at(effective),
  revision: 1,
  is_present: isPresent,
  name,
  owner: unallocated,
});

const resource = (
  id: string,
  kind: string,
  states: ResourceState[],
  more: Partial<KnownResource> = {},
): KnownResource => ({
  resource_id: id,
  kind,
  provider_id: id,
  created_at: null,
  source_id: null,
  states,
  ...more,
});

type Line = {
  kind?: string;
  provider_ids?: string[];
  names?: string[];
  span?: { start: Temporal.Instant; end: Temporal.Instant };
};

const match = (line: Line, resources: KnownResource[], taken: string[] = []) =>
  matchLine({ kind: 'droplet', provider_ids: [], names: [], span: march, ...line }, candidatesAmong(resources), {
    firstSyncAt: at('2026-03-31T23:00:00Z'),
    isTaken: (id) => taken.includes(id),
  });

describe('billing-ingest: a cost line', () => {
  const web = resource('1', 'droplet', [state('2026-02-01', 'web')]);

  test('matches by provider id first, whatever its name', () => {
    const other = resource('2', 'droplet', [state('2026-02-01', 'db')]);
    expect(match({ provider_ids: ['2'], names: ['web'] }, [web, other])).toMatchObject({
      resource_id: '2',
      matched_by: 'provider_id',
    });
  });

  test('without an id matches by kind and name, ignoring case', () => {
    expect(match({ names: ['WEB'] }, [web])).toMatchObject({ resource_id: '1', matched_by: 'name' });
    expect(match({ names: ['web'], kind: 'volume' }, [web])).toMatchObject({ resource_id: null });
  });

  test('matches a deleted resource, but none of the same name that was created later or deleted before', () => {
    const destroyed = resource('old', 'droplet', [state('2026-02-01', 'web'), state('2026-03-10', 'web', false)]);
    const later = resource('new', 'droplet', [state('2026-04-02', 'web')], { created_at: at('2026-04-02') });
    const before = resource('gone', 'droplet', [state('2026-01-01', 'web'), state('2026-02-10', 'web', false)]);
    expect(match({ names: ['web'] }, [later, destroyed, before])).toMatchObject({ resource_id: 'old' });
    expect(match({ names: ['web'] }, [later, before])).toMatchObject({
      unmatched_reason: 'destroyed_before_first_sync',
    });
    expect(match({ provider_ids: ['new'] }, [later])).toMatchObject({
      unmatched_reason: 'destroyed_before_first_sync',
    });
  });

  test('matches a resource from its creation time on, or at any time if it has none, even before its first observation', () => {
    const observedLate = [state('2026-04-15', 'web')];
    expect(
      match({ names: ['web'] }, [resource('a', 'droplet', observedLate, { created_at: at('2026-03-31T12:00:00Z') })]),
    ).toMatchObject({ resource_id: 'a' });
    expect(
      match({ names: ['web'] }, [resource('a', 'droplet', observedLate, { created_at: at('2026-04-01') })]),
    ).toMatchObject({ resource_id: null });
    expect(
      match({ provider_ids: ['1.1.1.1'], kind: 'floating_ip' }, [resource('1.1.1.1', 'floating_ip', observedLate)]),
    ).toMatchObject({ resource_id: '1.1.1.1' });
  });

  test('matches a renamed resource by its old and by its new name', () => {
    const renamed = resource('1', 'droplet', [state('2026-02-01', 'web'), state('2026-04-02', 'front')]);
    expect(match({ names: ['front'] }, [renamed])).toMatchObject({ resource_id: '1' });
    const holder = resource('2', 'droplet', [state('2026-02-01', 'front')]);
    expect(match({ names: ['front'] }, [renamed, holder])).toMatchObject({ resource_id: '2' });
  });

  test('matches each of two resources of one name once', () => {
    const twin = resource('2', 'droplet', [state('2026-02-01', 'web')]);
    expect(match({ names: ['web'] }, [web, twin])).toMatchObject({ resource_id: '1' });
    expect(match({ names: ['web'] }, [web, twin], ['1'])).toMatchObject({ resource_id: '2' });
    expect(match({ names: ['web'] }, [web], ['1'])).toMatchObject({ resource_id: '1' });
  });

  test('of a backup matches the droplet, by name or by the id of the backup', () => {
    const backup = resource('b', 'droplet_backup', [state('2026-02-01', 'auto')], { source_id: '1' });
    expect(match({ kind: 'droplet_backup', names: ['web'] }, [web, backup])).toMatchObject({ resource_id: '1' });
    expect(match({ kind: 'droplet_backup', provider_ids: ['b'] }, [web, backup])).toMatchObject({ resource_id: '1' });
    expect(match({ kind: 'droplet_backup', provider_ids: ['b'] }, [backup])).toMatchObject({ resource_id: 'b' });
  });

  test('of Kubernetes or of a worker matches the cluster', () => {
    const cluster = resource('c', 'k8s_cluster', [state('2026-02-01', 'doks')]);
    const worker = resource('w', 'droplet', [state('2026-02-01', 'pool-abc')], { source_id: 'c' });
    expect(match({ kind: 'k8s_cluster', provider_ids: ['c'] }, [cluster])).toMatchObject({ resource_id: 'c' });
    expect(match({ kind: 'k8s_cluster', names: ['a56e', 'doks'] }, [cluster])).toMatchObject({ resource_id: 'c' });
    expect(match({ kind: 'k8s_cluster', names: ['pool-abc'] }, [cluster, worker])).toMatchObject({ resource_id: 'c' });
    expect(match({ names: ['pool-abc'] }, [cluster, worker])).toMatchObject({ resource_id: 'c' });
  });

  test('of an unknown product matches only by an id that one resource has', () => {
    const volume = resource('7', 'volume', [state('2026-02-01', 'data')]);
    const droplet = resource('8', 'droplet', [state('2026-02-01', 'x')], { provider_id: '7' });
    expect(match({ kind: 'unknown', provider_ids: ['7'] }, [volume])).toMatchObject({ resource_id: '7' });
    expect(match({ kind: 'unknown', provider_ids: ['7'] }, [volume, droplet])).toMatchObject({
      unmatched_reason: 'unknown',
    });
    expect(match({ kind: 'unknown', names: ['data'] }, [volume])).toMatchObject({ unmatched_reason: 'unknown' });
  });

  test('that matches nothing has the reason', () => {
    expect(match({ kind: 'tax', names: ['web'] }, [web])).toMatchObject({ unmatched_reason: 'tax' });
    expect(match({ kind: 'account', names: ['web'] }, [web])).toMatchObject({ unmatched_reason: 'account_level' });
    expect(match({ names: ['unknown'] }, [web])).toMatchObject({ unmatched_reason: 'destroyed_before_first_sync' });
    const april = { start: at('2026-04-02'), end: at('2026-04-03') };
    expect(match({ names: ['unknown'], span: april }, [web])).toMatchObject({ unmatched_reason: 'unknown' });
  });

  test('matches only a resource that existed in its span, whatever its states (property)', () => {
    const day = fc.integer({ min: 1, max: 60 }).map((days) => at('2026-02-01').add({ hours: days * 24 }));
    const states = fc.uniqueArray(fc.record({ effective_at: day, is_present: fc.boolean() }), {
      selector: ({ effective_at }) => effective_at.epochMilliseconds,
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(states, day, fc.integer({ min: 1, max: 500 }), (given, start, hours) => {
        const ordered = given
          .toSorted((a, b) => Temporal.Instant.compare(a.effective_at, b.effective_at))
          .map((each) => ({ ...state('2026-02-01', 'web'), ...each }));
        const made = ordered[0]?.effective_at ?? start;
        const known = resource('1', 'droplet', ordered, { created_at: made });
        const end = start.add({ hours });
        const existed = Array.from({ length: hours }, (_, hour) => start.add({ hours: hour })).some(
          (moment) =>
            ordered.findLast(({ effective_at }) => Temporal.Instant.compare(effective_at, moment) <= 0)?.is_present ===
            true,
        );
        expect(match({ names: ['web'], span: { start, end } }, [known]).resource_id).toBe(existed ? '1' : null);
      }),
      { numRuns: 150 },
    );
  });
});

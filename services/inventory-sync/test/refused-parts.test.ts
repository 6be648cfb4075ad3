import { inventorySync } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { syncJobs } from '../src/index.ts';
import { begin, world } from './every-kind.ts';
import { granted, openStage } from './stage.ts';

/** Without ids and pages, so that all requests of one sort are one. */
const sortOf = (path: string): string => {
  const [route = '', query = ''] = path.split('?');
  const type = /(?:^|&)((?:type|private)=[^&]+)/.exec(query)?.[1];
  const plain = route.replace(/\/[^/]*\d[^/]*(?=\/)/g, (segment) => (segment === '/v2' ? segment : '/[^/]+'));
  return type === undefined ? plain : `${plain}?${type}`;
};

/** What matches exactly the requests of a sort. */
const patternOf = (sort: string): string => {
  const [route = '', type] = sort.split('?');
  return type === undefined ? `^${route}(\\?(?!.*(type|private)=)|$)` : `^${route}\\?.*${type}`;
};

/** Refusals that leave a sync complete: without the action log, times are those of the listings. */
const dispensable = new Set(['/v2/actions']);

test('whichever request of a sync a token may not send, no resource is deleted or changed, and the sync names what was refused', async () => {
  await using first = await openStage(world, begin);
  const jobs = syncJobs.map(({ job }) => job);
  const sorts = new Map<string, string>();
  for (const job of jobs) {
    const before = first.simulator.requests.length;
    await first.run(job, begin);
    for (const { path } of first.simulator.requests.slice(before))
      if (!sorts.has(sortOf(path))) sorts.set(sortOf(path), job);
  }
  expect(sorts.size).toBeGreaterThan(20);

  const windows = [...sorts].map(([sort, job], index) => {
    const from = Temporal.Instant.from('2026-04-03T00:00:00Z').add({ hours: 12 * index });
    return { sort, job, from, until: from.add({ hours: 6 }) };
  });
  const faults = windows.map(({ sort, from, until }) => ({
    kind: 'refused',
    status: 403,
    message: 'You are missing the required permission.',
    match: { path: patternOf(sort) },
    from: from.toString(),
    until: until.toString(),
  }));
  await using stage = await openStage({ provider: { ...world.provider, faults } }, begin);
  await stage.sweep('2026-04-02T12:00:00Z');
  await stage.sweep('2026-04-02T13:00:00Z');
  const states = async () => granted(await stage.ask(inventorySync.getSyncState, {})).kinds;
  expect((await states()).filter(({ is_ok }) => !is_ok)).toEqual([]);
  const observed = (await stage.observed()).length;
  const found: string[] = [];
  for (const { sort, job, from, until } of windows) {
    for (const hours of [1, 2, 3, 4]) await stage.run(job, from.add({ hours }).toString());
    const reported = (await states()).filter(({ is_ok }) => !is_ok);
    if (reported.length === 0 && !dispensable.has(sort)) found.push(`${sort}: nothing is reported`);
    for (const { kind, last } of reported)
      if (!/403/.test(last?.detail ?? '')) found.push(`${sort}: ${kind}: ${last?.detail}`);
    await stage.run(job, until.add({ hours: 1 }).toString());
    const later = (await states()).filter(({ is_ok }) => !is_ok);
    if (later.length > 0)
      found.push(`${sort}: still ${later.map(({ kind, last }) => `${kind}: ${last?.detail}`).join()}`);
    const changes = (await stage.observed())
      .slice(observed)
      .map(({ name, is_present, effective_at }) => `${name} ${is_present} ${effective_at}`);
    if (changes.length > 0) {
      found.push(`${sort}: changed ${changes.join()}`);
      break;
    }
  }
  expect(found).toEqual([]);
});

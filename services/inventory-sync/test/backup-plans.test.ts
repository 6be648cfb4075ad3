import { inventorySync, measuresOf } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { granted, type Observation, openStage, timeline } from './stage.ts';

const begin = '2026-03-31T23:00:00Z';
const created_at = '2026-02-01T00:00:00Z';
const policies = '/v2/droplets/backups/policies';

/** What a droplet counts for its backups, from an instant on each; nothing where they are off. */
const counted = (observed: readonly Observation[], name: string) =>
  timeline(observed, name)
    .map(({ effective_at, ...state }): [string, string] => {
      const own = measuresOf(state).filter(({ kind }) => kind === 'droplet_backup_hours');
      return [effective_at, own.map(({ units, dimension }) => `${units} ${dimension}`).join()];
    })
    .filter(([, text], index, all) => text !== all[index - 1]?.[1]);

const asked = (stage: { simulator: { requests: readonly { path: string }[] } }): number =>
  stage.simulator.requests.filter(({ path }) => path.includes(policies)).length;

test('a droplet counts for its backups while they are on, running or not, from the seconds of the action log and by plan and size', async () => {
  const droplets = [
    {
      name: 'always',
      created_at,
      backups: { plan: 'weekly' },
      changes: [
        { at: '2026-04-01T02:00:00Z', power: 'off' },
        { at: '2026-04-01T13:37:07Z', resize: 's-2vcpu-4gb' },
      ],
    },
    {
      name: 'switched',
      created_at,
      changes: [
        { at: '2026-04-01T01:02:03Z', backups: { plan: 'daily' } },
        { at: '2026-04-01T05:06:07Z', backups: false },
      ],
    },
    { name: 'never', created_at },
  ];
  await using stage = await openStage({ provider: { droplets } }, begin);
  for (const at of [
    begin,
    '2026-04-01T01:10:00Z',
    '2026-04-01T03:00:00Z',
    '2026-04-01T05:10:00Z',
    '2026-04-01T14:00:00Z',
  ])
    await stage.run('sync-droplets', at);
  const observed = await stage.observed();
  expect(counted(observed, 'always')).toEqual([
    [created_at, '1 weekly s-1vcpu-1gb'],
    ['2026-04-01T13:37:07Z', '1 weekly s-2vcpu-4gb'],
  ]);
  expect(counted(observed, 'switched')).toEqual([
    [created_at, ''],
    ['2026-04-01T01:02:03Z', '1 daily s-1vcpu-1gb'],
    ['2026-04-01T05:06:07Z', ''],
  ]);
  expect(counted(observed, 'never')).toEqual([[created_at, '']]);
});

test('the plans of backups are requested only where a page that is read shows a droplet with backups', async () => {
  const droplets = [
    { name: 'plain', created_at, changes: [{ at: '2026-04-01T01:00:00Z', backups: { plan: 'weekly' } }] },
  ];
  await using stage = await openStage({ provider: { droplets } }, begin);
  await stage.run('sync-droplets', begin);
  expect(asked(stage)).toBe(0);
  await stage.run('sync-droplets', '2026-04-01T01:10:00Z');
  expect(asked(stage)).toBe(1);
  // The page is recognised, and the status of a droplet does not depend on its plan.
  await stage.run('sync-droplets', '2026-04-01T01:11:00Z');
  await stage.run('poll-droplet-status', '2026-04-01T01:12:00Z');
  expect(asked(stage)).toBe(1);
});

test('plans that are refused leave those that are known as they are, and the sweep is not complete and names the reason', async () => {
  const droplets = [
    {
      id: 1,
      name: 'web',
      created_at,
      backups: { plan: 'daily' },
      changes: [{ at: '2026-04-01T01:30:00Z', rename: 'shop' }],
    },
    { name: 'late', created_at: '2026-04-01T01:20:00Z', backups: { plan: 'weekly' } },
  ];
  const refused = {
    kind: 'refused',
    status: 403,
    match: { path: policies },
    from: '2026-04-01T01:00:00Z',
    until: '2026-04-01T03:00:00Z',
  };
  await using stage = await openStage({ provider: { droplets, faults: [refused] } }, begin);
  const state = async () =>
    granted(await stage.ask(inventorySync.getSyncState, {})).kinds.find(({ kind }) => kind === 'droplet');
  await stage.run('sync-droplets', begin);
  expect(await state()).toMatchObject({ is_ok: true });
  await stage.run('sync-droplets', '2026-04-01T02:00:00Z');
  expect(await state()).toMatchObject({
    is_ok: false,
    last: { detail: expect.stringMatching(/plans of backups: .*403.*droplet:read/) },
  });
  await stage.run('sync-droplets', '2026-04-01T04:00:00Z');
  expect(await state()).toMatchObject({ is_ok: true });
  const observed = await stage.observed();
  expect(counted(observed, '1')).toEqual([[created_at, '1 daily s-1vcpu-1gb']]);
  // The plan of a droplet that is new was not known, and is from the first listing that shows it.
  expect(counted(observed, 'late')).toEqual([
    ['2026-04-01T01:20:00Z', '1 null'],
    ['2026-04-01T04:00:00Z', '1 weekly s-1vcpu-1gb'],
  ]);
});

import { expect, test } from 'vitest';
import { attrsBeforePlans, changesFromActions } from './droplet-actions.ts';

const at = (minute: number): Temporal.Instant => Temporal.Instant.from('2026-04-01T10:00:00Z').add({ minutes: minute });
const action = (type: string, minute: number) => ({
  actionId: `${minute}`,
  type,
  startedAt: at(minute - 1),
  completedAt: at(minute),
});
const statuses = (actions: Parameters<typeof changesFromActions>[0], shown: string) =>
  changesFromActions(actions, { status: shown, attrs: {} }, at(15)).map((change) => [
    change.at.since(at(0)).total('minutes'),
    change.state?.status,
  ]);

test.each([
  [
    'a power off and on',
    [action('power_off', 2), action('power_on', 9)],
    'active',
    [
      [2, 'off'],
      [9, 'active'],
    ],
  ],
  ['a shutdown that the listing confirms', [action('shutdown', 2)], 'off', [[2, 'off']]],
  ['a shutdown that the machine ignored', [action('shutdown', 2)], 'active', []],
  ['an ignored shutdown, then a power off', [action('shutdown', 2), action('power_off', 5)], 'off', [[5, 'off']]],
  [
    'a shutdown before a power on',
    [action('shutdown', 2), action('power_on', 5)],
    'active',
    [
      [2, 'off'],
      [5, 'active'],
    ],
  ],
  [
    'entries out of order',
    [action('power_on', 9), action('power_off', 2)],
    'active',
    [
      [2, 'off'],
      [9, 'active'],
    ],
  ],
  ['an action that completes after the listing', [action('power_off', 20)], 'off', [[15, 'off']]],
  ['a reboot', [action('reboot', 3)], 'active', []],
])('droplet actions: %s', (_, actions, shown, expected) => {
  expect(statuses(actions, shown)).toEqual(expected);
});

test('droplet actions: a resize gives the listed size the time of the action log', () => {
  const attrs = { size_slug: 's-2vcpu-2gb', vcpus: 2, tags: ['web'] };
  expect(changesFromActions([action('resize', 4)], { status: 'active', attrs }, at(15))).toEqual([
    { at: at(4), state: { attrs: { size_slug: 's-2vcpu-2gb', vcpus: 2 } } },
  ]);
});

test.each([
  ['switched on', [action('enable_backups', 3)], 'daily', [[3, 'daily']], undefined],
  ['switched off', [action('disable_backups', 3)], undefined, [[3, undefined]], null],
  ['given another plan', [action('change_backup_policy', 3)], 'weekly', [[3, 'weekly']], 'weekly'],
  [
    'switched off and on again, in another order of the log',
    [action('enable_backups', 9), action('disable_backups', 3)],
    'weekly',
    [
      [3, undefined],
      [9, 'weekly'],
    ],
    'weekly',
  ],
  [
    'switched on for a while',
    [action('enable_backups', 2), action('disable_backups', 8)],
    undefined,
    [
      [2, null],
      [8, undefined],
    ],
    undefined,
  ],
])('droplet actions: backups that were %s changed their plan then', (_, actions, plan, expected, before) => {
  const attrs = { size_slug: 's', ...(plan === undefined ? {} : { backup_plan: plan }) };
  const changes = changesFromActions(actions, { status: 'active', attrs }, at(15));
  expect(
    changes.map((change) => [change.at.since(at(0)).total('minutes'), change.state?.attrs?.['backup_plan']]),
  ).toEqual(expected);
  expect(attrsBeforePlans(actions, attrs)['backup_plan']).toBe(before);
});

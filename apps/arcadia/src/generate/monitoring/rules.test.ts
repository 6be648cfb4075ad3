import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { alarms } from './alarms.ts';

const folder = path.resolve(import.meta.dirname, '../../../../../deploy/prometheus');
const promtool = (args: string[], cwd = folder) => {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
};
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

test('every alarm has a name of its own, and a sentence for what to do', () => {
  const names = alarms.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(
    alarms.filter(({ name, meaning, remedy }) => !/^Arcadia[A-Z]\w+$/.test(name) || meaning === '' || remedy === ''),
  ).toEqual([]);
});

test.skipIf(!hasPromtool)('Prometheus loads the rules and its configuration (needs promtool)', () => {
  expect(promtool(['check', 'rules', 'rules.yml'])).toMatchObject({ status: 0 });
  expect(promtool(['check', 'config', 'prometheus.yml'])).toMatchObject({ status: 0 });
});

type Series = { series: string; values: string };
const series = (name: string, values: string): Series => ({ series: name, values });

/** Whether an alarm fires after four hours of these series, one value a minute. */
function fires(name: string, given: readonly Series[]): boolean {
  const place = mkdtempSync(path.join(tmpdir(), 'arcadia-rules-'));
  copyFileSync(path.join(folder, 'rules.yml'), path.join(place, 'rules.yml'));
  // A test that expects no alert fails when there is one.
  const expected = { eval_time: '4h', alertname: name, exp_alerts: [] };
  const tests = [{ interval: '1m', input_series: given, alert_rule_test: [expected] }];
  writeFileSync(
    path.join(place, 'test.yml'),
    stringify({ rule_files: ['rules.yml'], evaluation_interval: '1m', tests }),
  );
  const { status, output } = promtool(['test', 'rules', 'test.yml'], place);
  rmSync(place, { recursive: true });
  if (status !== 0 && !output.includes(`alertname: ${name}`)) throw new Error(output);
  return status !== 0;
}

const published = (values: string) =>
  series('arcadia_published_total{service="inventory-sync",stream="INVENTORY"}', values);
const health = (service: string, fact: string, values: string) =>
  series(`arcadia_health_ok{service="${service}",fact="${fact}"}`, values);

test.skipIf(!hasPromtool).for<[string, string, readonly Series[], boolean]>([
  ['nothing is published', 'ArcadiaNothingPublished', [published('7+0x300')], true],
  ['nothing was ever published', 'ArcadiaNothingPublished', [], true],
  ['the inventory is published', 'ArcadiaNothingPublished', [published('0+1x300')], false],
  ['no replica is elected to publish', 'ArcadiaRelayNotOk', [health('metering', 'relay', '1x200 0x100')], true],
  ['the relay was away for a moment', 'ArcadiaRelayNotOk', [health('metering', 'relay', '1x200 0 1x100')], false],
  ['a kind cannot be listed', 'ArcadiaSyncOfNotOk', [health('inventory-sync', 'sync of droplet', '0x300')], true],
  ['a service is away', 'ArcadiaMeteringAway', [health('drift', 'nats', '1x300')], true],
  ['a service is there', 'ArcadiaMeteringAway', [health('metering', 'nats', '1x300')], false],
  [
    'a message is lost',
    'ArcadiaMessageLost',
    [series('arcadia_stream_regressed_total{stream="METERING"}', '0x200 1x100')],
    true,
  ],
])('Prometheus alerts, or does not, when %s (needs promtool)', ([, name, given, expected]) => {
  expect(fires(name, given)).toBe(expected);
});

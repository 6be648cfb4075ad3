import { readFileSync } from 'node:fs';
import path from 'node:path';
import { remedies } from '@arcadia/platform';
import { parser } from '@prometheus-io/lezer-promql';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readWorld } from './src/make-world.ts';
import { startWholeStack } from './src/whole-stack.ts';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

type Rules = { groups: { rules: { expr: string }[] }[] };
type Dashboard = { panels: { targets?: { expr: string }[] }[] };

const expressions = [
  ...(parse(read('deploy/prometheus/rules.yml')) as Rules).groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
  ...(JSON.parse(read('deploy/grafana/arcadia.json')) as Dashboard).panels.flatMap(({ targets = [] }) =>
    targets.map(({ expr }) => expr),
  ),
];

type Selector = { name: string; labels: Record<string, string> };

/** The metrics that an expression selects, with the labels that it names exactly. Throws when it is no PromQL. */
function selectorsOf(expression: string): Selector[] {
  const found: Selector[] = [];
  parser.parse(expression).iterate({
    enter: ({ type, from, to, node }) => {
      if (type.isError) throw new Error(`no PromQL at ${from} of ${expression}`);
      if (type.name !== 'VectorSelector') return;
      const name = node.getChild('Identifier');
      const matchers = expression.slice(from, to).matchAll(/(\w+)="([^"]*)"/g);
      found.push({
        name: name === null ? '' : expression.slice(name.from, name.to),
        labels: Object.fromEntries(Array.from(matchers, ([, label = '', value = '']) => [label, value])),
      });
    },
  });
  return found;
}

test('every metric, fact and figure of the alert rules and the dashboard exists in a running system', {
  timeout: 300_000,
}, async () => {
  await using stack = await startWholeStack(readWorld('april'));
  await stack.play();
  const readLines = async () => (await (await fetch(`${stack.running.stack.health}/metrics`)).text()).split('\n');
  // Prometheus gives these labels to every sample, and renames those of ours: an expression would mean the wrong ones.
  expect((await readLines()).filter((line) => /[{,](?:job|instance)="/.test(line))).toEqual([]);
  const selectors = expressions.flatMap(selectorsOf);
  expect(selectors.length).toBeGreaterThan(100);

  const families = new Set((await readLines()).flatMap((line) => /^# HELP (\S+)/.exec(line)?.[1] ?? []));
  const isKnown = ({ name }: Selector) => families.has(name) || families.has(name.replace(/_(bucket|count|sum)$/, ''));
  expect(selectors.filter((selector) => selector.name !== 'up' && !isKnown(selector))).toEqual([]);

  const hasSample = ({ name, labels }: Selector, lines: readonly string[]): boolean => {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return lines.some((line) => line.startsWith(`${name}{`) && wanted.every((text) => line.includes(text)));
  };
  // The installer runs outside of the services whose metrics are merged here.
  const aboutHealth = selectors.filter(
    ({ name, labels }) => name.startsWith('arcadia_health_') && labels['service'] !== 'installer',
  );
  const lacking = async () => {
    const lines = await readLines();
    return aboutHealth.filter((selector) => !hasSample(selector, lines));
  };
  // Some facts are reported every 15 seconds.
  await expect.poll(lacking, { timeout: 40_000, interval: 1_000 }).toEqual([]);
});

test('every fact of health of a running system is known to an alert', async () => {
  await using stack = await startWholeStack(readWorld('march'));
  const { facts } = (await (await fetch(`${stack.running.stack.health}/health/ready`)).json()) as {
    facts: Record<string, unknown>;
  };
  const names = Object.keys(facts).map((name) => name.replace(/^[^:]*: /, ''));
  const isKnown = (name: string) =>
    Object.keys(remedies).some((known) => name === known || name.startsWith(`${known} `));
  expect(names.length).toBeGreaterThan(50);
  expect(names.filter((name) => !isKnown(name))).toEqual([]);
});

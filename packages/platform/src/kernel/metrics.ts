/** Counters and gauges of one service, written out as Prometheus text. Nothing else of a metrics library was needed. */
export type Labels = Readonly<Record<string, string>>;

export type Metrics = {
  count(name: string, labels?: Labels, by?: number): void;
  gauge(name: string, value: number, labels?: Labels): void;
  text(): string;
};

export function createMetrics(base: Labels): Metrics {
  const series = new Map<string, { kind: 'counter' | 'gauge'; values: Map<string, number> }>();
  const valuesOf = (name: string, kind: 'counter' | 'gauge') => {
    let found = series.get(name);
    if (found === undefined) {
      found = { kind, values: new Map() };
      series.set(name, found);
    }
    return found.values;
  };
  return {
    count(name, labels = {}, by = 1) {
      const values = valuesOf(name, 'counter');
      const key = labelText({ ...base, ...labels });
      values.set(key, (values.get(key) ?? 0) + by);
    },
    gauge(name, value, labels = {}) {
      valuesOf(name, 'gauge').set(labelText({ ...base, ...labels }), value);
    },
    text() {
      const lines: string[] = [];
      for (const [name, { kind, values }] of [...series].sort(([a], [b]) => a.localeCompare(b))) {
        lines.push(`# TYPE ${name} ${kind}`);
        for (const [labels, value] of values) lines.push(`${name}${labels} ${value}`);
      }
      return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
    },
  };
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

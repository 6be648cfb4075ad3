import { execFileSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import type { Bench } from './bench.ts';
import type { Summary } from './measure.ts';

/** The result of a benchmark as one value for programs. */
export function reportOf(bench: Bench, summary: Summary, notes: Record<string, number | string>) {
  const { pairs, spread, cpuMicrosPerUnit } = summary;
  return {
    bench: bench.name,
    unit: bench.unit,
    ours: round(summary.ours),
    bare: round(summary.bare),
    ...(bench.peer === undefined ? {} : { peer: bench.peer.name, differs: bench.peer.differs }),
    ratio: { median: round(summary.ratio.median), q1: round(summary.ratio.q1), q3: round(summary.ratio.q3) },
    gate: bench.gate.gate,
    verdict: summary.verdict,
    aim: bench.gate.aim,
    gate_kind: bench.gate.kind,
    ours_spread: round(spread.ours),
    bare_spread: round(spread.bare),
    cpu_us_per_unit: { ours: round(cpuMicrosPerUnit.ours), bare: round(cpuMicrosPerUnit.bare) },
    notes,
    pairs: pairs.map((pair) => ({ ours: round(pair.ours), bare: round(pair.bare), ratio: round(pair.ratio) })),
    machine: { node: process.version, cpus: cpus().length, cpu: cpus()[0]?.model ?? '', load: loadavg().map(round) },
    commit: commit(),
    at: new Date().toISOString(),
  };
}

/** The same for people. */
export function describeResult(bench: Bench, summary: Summary, notes: Record<string, number | string>): string {
  const { ratio } = summary;
  const required = `${bench.gate.kind === 'at-least' ? 'at least' : 'at most'} ${bench.gate.gate}, aim ${bench.gate.aim}`;
  const other = bench.peer?.name ?? 'bare';
  const wide = Math.max(5, other.length);
  const processes = bench.peer === undefined ? 'in this process' : 'in the process of each side';
  const lines = [
    `${'ours'.padEnd(wide)} ${round(summary.ours)} ${bench.unit}  (spread ${round(summary.spread.ours)}x)`,
    `${other.padEnd(wide)} ${round(summary.bare)} ${bench.unit}  (spread ${round(summary.spread.bare)}x)`,
    `${'ratio'.padEnd(wide)} ${round(ratio.median)}  [${round(ratio.q1)} – ${round(ratio.q3)}]  (${required})`,
    `${'cpu'.padEnd(wide)} ${round(summary.cpuMicrosPerUnit.ours)} µs against ${round(summary.cpuMicrosPerUnit.bare)} µs per unit, ${processes}`,
    ...Object.entries(notes).map(
      ([name, value]) => `${' '.repeat(wide)} ${name}: ${typeof value === 'number' ? round(value) : value}`,
    ),
    ...(bench.peer === undefined ? [] : [bench.peer.differs]),
    wordOf(bench, summary),
  ];
  return `${lines.join('\n')}\n`;
}

/** The verdict in words; of a peer, which side was ahead. */
export function wordOf(bench: Bench, { verdict }: Summary): string {
  if (verdict === 'inconclusive') return 'inconclusive: rerun on a quieter machine';
  if (bench.peer === undefined) return verdict;
  return verdict === 'pass' ? `ahead of ${bench.peer.name}` : `behind ${bench.peer.name}`;
}

export function round(value: number): number {
  return Number(value.toPrecision(4));
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

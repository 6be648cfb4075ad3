import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { startNats, startPostgres } from '@arcadia/local-infrastructure';
import { installAt } from '@arcadia/testkit';
import { Argument, Command, InvalidArgumentError } from 'commander';
import type { Bench, BenchStage, FurtherGate } from './bench.ts';
import { benches } from './benches.ts';
import { busy, shareInUse } from './machine.ts';
import { measurePairs, type Slice, type Summary } from './measure.ts';

const program = new Command('bench')
  .usage('-- [options] <name>')
  .description(
    'Runs one benchmark: our code in turns with the bare limit of what lies below it, on servers of its own.',
  )
  .addArgument(new Argument('<name>', `one of ${Object.keys(benches).join(', ')}`).argParser(nameOfBench))
  .option('--json', 'print one JSON document on stdout instead of a table', false)
  .option('--pairs <number>', 'how many pairs to measure (default: as many as the benchmark needs)', wholeNumber)
  .configureHelp({ commandUsage: (command) => `npm run bench ${command.usage()}` })
  .addHelpText(
    'after',
    '\nEnds with 0 where the ratio reaches its gate, or where the result is inconclusive; otherwise with 2.\n\nExample: npm run bench -- relay --pairs 5',
  )
  .action(async (name: string, options: { json: boolean; pairs?: number }) => {
    const bench = await benches[name]?.();
    if (!bench) throw new Error(`There is no benchmark "${name}".`);
    const { summary, notes } = await run(bench, options.pairs ?? bench.pairs);
    if (options.json) process.stdout.write(`${JSON.stringify(report(bench, summary, notes))}\n`);
    else process.stdout.write(describe(bench, summary, notes));
    process.exitCode = summary.verdict === 'fail' ? 2 : 0;
  });

function nameOfBench(text: string): string {
  if (text in benches) return text;
  throw new InvalidArgumentError(`There is no such benchmark; there are ${Object.keys(benches).join(', ')}.`);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It must be a whole number of at least 1.');
  return Number(text);
}

type Run = { summary: Summary; notes: Record<string, number | string> };

const inUse = 'share of the processors that other programs used (at most 0.15)';

async function run(bench: Bench, pairs: number): Promise<Run> {
  const undo: (() => Promise<unknown>)[] = [];
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  const folder = mkdtempSync(path.join(tmpdir(), 'arcadia-bench-'));
  undo.push(async () => rmSync(folder, { recursive: true, force: true }));
  try {
    progress(`${bench.name}: ${bench.summary}`);
    const before = await shareInUse();
    const postgres = await startPostgres({ dataDir: path.join(folder, 'postgres') });
    undo.push(() => postgres.stop());
    const nats = await startNats({ storeDir: path.join(folder, 'nats'), onProgress: progress });
    undo.push(() => nats.stop());
    await installAt(nats.url);
    const stage: BenchStage = {
      postgresUrl: postgres.url,
      natsUrl: nats.url,
      defer: (each) => void undo.push(each),
      progress,
    };
    const prepared = await bench.prepare(stage);
    await prepared.ours(); // warms both sides up and compares their results before timing
    await prepared.bare();
    await prepared.check?.();
    const onPair = (done: number) => progress(`${done} of ${pairs} pairs`);
    // A gate of kind `at-most` limits a duration, one of kind `at-least` a rate.
    const figure = bench.gate.kind === 'at-most' ? { figureOf: ({ ms, units }: Slice) => (ms * 1000) / units } : {};
    const summary = await measurePairs({ ...prepared, ...figure, pairs, gate: bench.gate, onPair });
    await prepared.check?.();
    const share = Math.max(before, await shareInUse());
    const further = (await prepared.furtherGates?.()) ?? [];
    if (further.some(({ value, atMost }) => !(value <= atMost))) summary.verdict = 'fail';
    if (share > busy) summary.verdict = 'inconclusive';
    return { summary, notes: { ...(await prepared.notes?.()), ...noted(further), [inUse]: share } };
  } finally {
    for (const each of undo.toReversed()) await each().catch((error: unknown) => progress(String(error)));
  }
}

const noted = (gates: readonly FurtherGate[]): Record<string, number> =>
  Object.fromEntries(
    gates.map(({ name, value, atMost }) => [
      Number.isFinite(atMost) ? `${name} (at most ${round(atMost)})` : name,
      value,
    ]),
  );

function report(bench: Bench, summary: Summary, notes: Record<string, number | string>) {
  const { pairs, spread, cpuMicrosPerUnit } = summary;
  return {
    bench: bench.name,
    unit: bench.unit,
    ours: round(summary.ours),
    bare: round(summary.bare),
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

function describe(bench: Bench, summary: Summary, notes: Record<string, number | string>): string {
  const { ratio } = summary;
  const required = `${bench.gate.kind === 'at-least' ? 'at least' : 'at most'} ${bench.gate.gate}, aim ${bench.gate.aim}`;
  const lines = [
    `ours  ${round(summary.ours)} ${bench.unit}  (spread ${round(summary.spread.ours)}x)`,
    `bare  ${round(summary.bare)} ${bench.unit}  (spread ${round(summary.spread.bare)}x)`,
    `ratio ${round(ratio.median)}  [${round(ratio.q1)} – ${round(ratio.q3)}]  (${required})`,
    `cpu   ${round(summary.cpuMicrosPerUnit.ours)} µs against ${round(summary.cpuMicrosPerUnit.bare)} µs per unit, in this process`,
    ...Object.entries(notes).map(
      ([name, value]) => `      ${name}: ${typeof value === 'number' ? round(value) : value}`,
    ),
    summary.verdict === 'inconclusive' ? 'inconclusive: rerun on a quieter machine' : summary.verdict,
  ];
  return `${lines.join('\n')}\n`;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

// The servers end with this process.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startNats, startPostgres } from '@arcadia/local-infrastructure';
import { installAt } from '@arcadia/testkit';
import type { Bench, BenchStage, FurtherGate } from './bench.ts';
import { busy, shareInUse } from './machine.ts';
import { measurePairs, type Slice, type Summary } from './measure.ts';
import { round } from './print.ts';

export type Run = { summary: Summary; notes: Record<string, number | string> };

const inUse = 'share of the processors that other programs used (at most 0.15)';

/** Runs one benchmark on a Postgres and a nats-server of its own, which are started for it and removed at its end. */
export async function runBench(bench: Bench, pairs: number, progress: (line: string) => void): Promise<Run> {
  progress(`${bench.name}: ${bench.summary}`);
  const before = await shareInUse();
  return await onServers(progress, async (stage) => {
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
  });
}

/** Starts a Postgres and a nats-server, durable as in production, does `work` on them and stops and removes them. */
export async function onServers<Result>(
  progress: (line: string) => void,
  work: (stage: BenchStage) => Promise<Result>,
): Promise<Result> {
  const undo: (() => Promise<unknown>)[] = [];
  const folder = mkdtempSync(path.join(tmpdir(), 'arcadia-bench-'));
  undo.push(async () => rmSync(folder, { recursive: true, force: true }));
  try {
    const postgres = await startPostgres({ dataDir: path.join(folder, 'postgres') });
    undo.push(() => postgres.stop());
    const nats = await startNats({ storeDir: path.join(folder, 'nats'), onProgress: progress });
    undo.push(() => nats.stop());
    await installAt(nats.url);
    return await work({
      postgresUrl: postgres.url,
      natsUrl: nats.url,
      defer: (each) => void undo.push(each),
      progress,
    });
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

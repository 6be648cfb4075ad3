import { shareInUse } from '../machine.ts';
import { onServers } from '../run-bench.ts';
import { measureBill } from './measure-bill.ts';
import { measureSize } from './measure-size.ts';
import type { Measured } from './measured.ts';
import { keep } from './results.ts';

/** Measures a month of accounts of these sizes, each on servers of its own, and writes docs/scale.md with its picture. */
export async function measureScale(sizes: readonly number[], progress: (line: string) => void): Promise<void> {
  for (const resources of sizes) {
    const before = await shareInUse();
    const size = await onServers(progress, (stage) => measureSize(stage, resources));
    const bill = await onServers(progress, (stage) => measureBill(stage, resources));
    const measured: Measured = { ...size, ...bill, used_by_others: Math.max(before, await shareInUse()) };
    keep(measured);
    process.stdout.write(`${JSON.stringify(measured)}\n`);
  }
  progress('docs/scale.md and docs/scale.svg are written.');
}

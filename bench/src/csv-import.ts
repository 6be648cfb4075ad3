import { openCopy } from './bare/copy-file.ts';
import type { Bench } from './bench.ts';
import { columns, lines, openImport } from './csv-side.ts';

export const csvImport: Bench = {
  name: 'csv-import',
  unit: 'µs per line',
  summary: `an invoice of ${lines} lines, kept as evidence, parsed and stored, against COPY of the same file`,
  gate: { kind: 'at-most', gate: 2.8, aim: 2.5 },
  pairs: 5,
  async prepare(stage) {
    const ours = await openImport(stage);
    const bare = await openCopy(ours.url, columns);
    stage.defer(() => bare.close());
    return {
      ours: ours.run,
      async bare() {
        return { units: lines, ms: await bare.copy(ours.file) };
      },
      async check() {
        const [mine, theirs] = [await ours.sums(), await bare.sums()];
        if (mine.lines !== theirs.lines || mine.cents !== theirs.cents)
          throw new Error(`our side stored ${JSON.stringify(mine)}, bare ${JSON.stringify(theirs)}`);
      },
      notes: ours.notes,
    };
  },
};

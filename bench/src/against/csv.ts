import path from 'node:path';
import type { Bench, Peer } from '../bench.ts';
import { lines, openImport } from '../csv-side.ts';
import { installPeers, startPeer } from '../peer-process.ts';

/** The CSV of a large invoice, ours kept as evidence, parsed and stored, and a peer's parsed and stored. */
export const csvAgainst = (peer: Peer): Bench => ({
  name: `peer-${peer.name}`,
  unit: 'µs per line',
  summary: `an invoice of ${lines} lines, kept as evidence, parsed and stored, against ${peer.name}`,
  gate: { kind: 'at-most', gate: 1, aim: 0.8 },
  pairs: 3,
  peer,
  async prepare(stage) {
    installPeers(stage.progress);
    const ours = await openImport(stage);
    const theirs = await startPeer(stage, peer.name, { url: ours.url, file: path.join(ours.folder, 'peer.db') });
    return {
      ours: ours.run,
      async bare() {
        const { value, cpuMs } = await theirs.call<number>('run', { csv: ours.file });
        return { units: lines, ms: value, cpuMs };
      },
      async check() {
        const mine = await ours.sums();
        const { value } = await theirs.call<typeof mine>('sums');
        if (mine.lines !== value.lines || mine.cents !== value.cents)
          throw new Error(`our side stored ${JSON.stringify(mine)}, ${peer.name} ${JSON.stringify(value)}`);
      },
      notes: ours.notes,
    };
  },
});

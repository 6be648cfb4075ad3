import type { Bench, Peer } from '../bench.ts';
import { installPeers, startPeer } from '../peer-process.ts';
import { forSomeTime, openOurEcho } from '../request.ts';

const size = { atOnce: 64, forMs: 2_000 };

/** Typed request/reply over NATS between two processes, ours and a peer's, on the same nats-server. */
export const requestAgainst = (peer: Peer): Bench => ({
  name: `peer-${peer.name}`,
  unit: 'requests/s',
  summary: `typed request/reply over NATS with signed actor, deadline and validation on both sides, 64 at once, against ${peer.name}`,
  gate: { kind: 'at-least', gate: 1, aim: 1.2 },
  pairs: 7,
  peer,
  async prepare(stage) {
    installPeers(stage.progress);
    const requestOurs = await openOurEcho(stage);
    const theirs = await startPeer(stage, peer.name, { natsUrl: stage.natsUrl });
    return {
      ours: () => forSomeTime(requestOurs),
      async bare() {
        const { value, cpuMs } = await theirs.call<{ units: number; ms: number }>('run', size);
        return { ...value, cpuMs };
      },
      async check() {
        for (const n of [1, 2, 3]) {
          const { value } = await theirs.call<number>('request', { n });
          if ((await requestOurs(n)) !== n || value !== n) throw new Error('the answer differs from the request');
        }
      },
    };
  },
});

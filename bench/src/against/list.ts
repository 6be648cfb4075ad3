import { listSql } from '../bare/hono-list.ts';
import type { Bench, Peer } from '../bench.ts';
import { comparable } from '../gateway.ts';
import { openGatewayStage } from '../gateway-stage.ts';
import { openClients, runClients } from '../http-clients.ts';
import { installPeers, startPeer } from '../peer-process.ts';
import { processorTimeOf } from '../processor-time.ts';

const clients = 32;
const sliceMs = 2_000;

/** A list of 50 invoices of one tenant, ours through gateway, NATS and service, and a peer's out of one process, on the same rows. */
export const listAgainst = (peer: Peer): Bench => ({
  name: `peer-${peer.name}`,
  unit: 'lists/s',
  summary: `a list of 50 invoices of one tenant through gateway, NATS and service, ${clients} at once, against ${peer.name}`,
  gate: { kind: 'at-least', gate: 1, aim: 1.2 },
  pairs: 7,
  peer,
  async prepare(stage) {
    installPeers(stage.progress);
    const running = await openGatewayStage(stage, 1);
    const theirs = await startPeer(stage, peer.name, null);
    const { value: url } = await theirs.call<string>('listen', { ...running.database, listSql });
    const tokens = await Promise.all(Array.from({ length: clients }, (_, number) => running.tenantToken(number)));
    const used = {
      ours: async () => (await processorTimeOf([running.processes.gateway, running.processes.service])) / 1_000,
      peer: async () => (await theirs.call<number>('used')).value,
    };
    const side = (name: keyof typeof used, address: string, path: string) => {
      const open = openClients(address, clients);
      stage.defer(async () => open.close());
      const run = async () => {
        const before = await used[name]();
        const done = await runClients(clients, sliceMs, (client) => open.send(path, tokens[client] ?? ''));
        if (done.failures > 0) throw new Error(`${done.failures} of ${done.times.length} requests for ${path} failed`);
        return { units: done.times.length, ms: done.ms, cpuMs: (await used[name]()) - before };
      };
      const read = async () => comparable((await open.send(path, tokens[1] ?? '')).text);
      return { run, read };
    };
    const ours = side('ours', running.url, '/api/v1/invoices?limit=50');
    const other = side('peer', url, '/invoices?limit=50');
    return {
      ours: ours.run,
      bare: other.run,
      async check() {
        if ((await ours.read()) !== (await other.read())) throw new Error('the two sides answer different lists');
      },
    };
  },
});

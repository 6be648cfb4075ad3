import { defineEvent } from '@arcadia/contracts';
import { createLog, forService, startService, type Tx } from '@arcadia/platform';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Bench, Peer } from '../bench.ts';
import { installPeers, startPeer } from '../peer-process.ts';
import { openServiceDatabase } from '../service-database.ts';

const changed = defineEvent({
  type: 'usage.reported',
  version: 1,
  stream: 'METERING',
  summary: 'The event that the benchmark publishes and consumes.',
  data: z.object({ id: z.string(), n: z.int(), note: z.string() }),
  subject: (d) => `usage.reported.${d.n % 100}`,
  key: (d) => d.id,
});

const seen = { rows: 0 };
const makers = forService<unknown, null>();
const projecting = makers.defineService({
  name: 'metering',
  schema: 'metering',
  config: () => null,
  migrations: {
    '0001-rows': {
      async up(db) {
        await sql`CREATE TABLE rows (id text PRIMARY KEY, n int NOT NULL, note text, place bigserial)`.execute(db);
      },
    },
  },
  publishes: [changed],
  consumes: [
    makers.consumer({
      name: 'bench',
      consumes: [changed],
      async handle(batch, tx: Tx<unknown>) {
        const data = batch.map((event) => event.data);
        await sql`
          INSERT INTO rows (id, n, note) SELECT * FROM unnest(${data.map((d) => d.id)}::text[], ${data.map((d) => d.n)}::int[],
            ${data.map((d) => d.note)}::text[])
          ON CONFLICT (id) DO UPDATE SET n = excluded.n, note = excluded.note`.execute(tx.sql);
        seen.rows += batch.length;
      },
    }),
  ],
  answers: [],
  jobs: [],
});

const count = Number(process.env['BENCH_EVENTS'] ?? 5_000);
const size = 100;
const note = 'x'.repeat(200);

/** Events committed a hundred at a time until each is a row of a projection, ours over outbox and stream, and a peer's. */
export const projectionAgainst = (peer: Peer): Bench => ({
  name: `peer-${peer.name}`,
  unit: 'events/s',
  summary: `${count} events, ${size} in a transaction, through outbox, stream and consumer into rows, against ${peer.name}`,
  gate: { kind: 'at-least', gate: 1, aim: 1.2 },
  pairs: 5,
  peer,
  async prepare(stage) {
    installPeers(stage.progress);
    const { url, admin } = await openServiceDatabase(stage, 'metering');
    const log = createLog({ name: 'metering', level: 'error', destination: process.stderr });
    const env = { DATABASE_URL: url, NATS_URL: stage.natsUrl };
    const running = await startService(projecting, { env, log, scheduler: false });
    stage.defer(() => running.stop());
    const peerUrl = new URL(stage.postgresUrl);
    peerUrl.pathname = '/bench';
    const theirs = await startPeer(stage, peer.name, { url: peerUrl.href });
    const runs = { ours: 0, peer: 0 };
    const placed = async (side: keyof typeof runs) => {
      const { rows } = await admin.query<{ rows: number; late: number }>(
        `SELECT count(*)::int AS rows, count(*) FILTER (WHERE n < before)::int AS late FROM (
           SELECT n, lag(n) OVER (PARTITION BY split_part(id, '-', 1) ORDER BY place) AS before
           FROM ${side === 'ours' ? 'metering.rows' : 'public.peer_rows'}) AS placed`,
      );
      return rows[0] ?? { rows: 0, late: 0 };
    };
    return {
      async ours() {
        const run = (runs.ours += 1);
        seen.rows = 0;
        const started = performance.now();
        for (let from = 0; from < count; from += size) {
          const events = Array.from({ length: size }, (_, index) => ({
            ...{ id: `${run}-${from + index}`, n: from + index, note },
          }));
          await running.context.transact((tx) => tx.publish(changed, events));
        }
        while (seen.rows < count || !(await running.quiet())) await new Promise((resolve) => setTimeout(resolve, 5));
        return { units: count, ms: performance.now() - started };
      },
      async bare() {
        const run = (runs.peer += 1);
        const { value, cpuMs } = await theirs.call<number>('run', { run, count, size, note });
        return { units: count, ms: value, cpuMs };
      },
      async check() {
        for (const side of ['ours', 'peer'] as const) {
          const { rows, late } = await placed(side);
          if (rows !== runs[side] * count || (side === 'ours' && late > 0))
            throw new Error(
              `${side}: ${runs[side] * count} events became ${rows} rows, ${late} of them after a later one`,
            );
        }
      },
      notes: async () => ({ [`rows written after a later one, ${peer.name}`]: (await placed('peer')).late }),
    };
  },
});

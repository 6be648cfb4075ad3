import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Bench, Peer } from '../bench.ts';
import { installPeers, type PeerProcess, startCalled, startPeer } from '../peer-process.ts';
import { openServiceDatabase } from '../service-database.ts';

const jobs = Number(process.env['BENCH_JOBS'] ?? 5_000);
const atOnce = 8;
/** How long after a kill a new process may take, in milliseconds: four times our lease of 8 s. */
const afterKillMs = Number(process.env['BENCH_AFTER_KILL_MS'] ?? 32_000);
const tableOf = { ours: 'metering.effects', peer: 'public.peer_effects' };

type Work = { unit: string; count: number; effects: number; summary: string };

const works = {
  jobs: {
    unit: 'jobs/s',
    count: jobs,
    effects: 1,
    summary: `${jobs} jobs that insert a row each, enqueued at once`,
  },
  turns: {
    unit: 'turns/s',
    count: jobs / 10,
    effects: 5,
    summary: `${jobs / 10} sagas of 5 turns that insert a row each, the state kept after each turn`,
  },
} satisfies Record<string, Work>;

/** Jobs that insert a row each, enqueued at once and done by one process of ours and one of a peer on the same Postgres; or sagas of such turns. */
export const jobsAgainst = (peer: Peer, { unit, count, effects, summary }: Work = works.jobs): Bench => ({
  name: `peer-${peer.name}`,
  unit,
  summary: `${summary}, ours ${atOnce} at a time, against ${peer.name}`,
  gate: { kind: 'at-least', gate: 1, aim: 1.2 },
  pairs: 5,
  peer,
  async prepare(stage) {
    installPeers(stage.progress);
    const { url, admin } = await openServiceDatabase(stage, 'metering');
    const adminUrl = new URL(stage.postgresUrl);
    adminUrl.pathname = '/bench';
    const file = path.join(import.meta.dirname, 'jobs-side.ts');
    const startOurs = () => startCalled(stage, file, { url, natsUrl: stage.natsUrl, atOnce, effects });
    const startTheirs = () => startPeer(stage, peer.name, { url: adminUrl.href, atOnce, effects });
    const sides = { ours: await startOurs(), peer: await startTheirs() };
    const added = { ours: 0, peer: 0 };
    const run = (side: keyof typeof sides) => async () => {
      const from = added[side];
      added[side] += count;
      const { value, cpuMs } = await sides[side].call<number>('run', { from, count });
      return { units: count * effects, ms: value, cpuMs };
    };
    const effectsOf = async (side: keyof typeof sides) => {
      const { rows } = await admin.query<{ all: number; different: number }>(
        `SELECT count(*)::int AS all, count(DISTINCT n)::int AS different FROM ${tableOf[side]}`,
      );
      return rows[0] ?? { all: 0, different: 0 };
    };
    return {
      ours: run('ours'),
      bare: run('peer'),
      async check() {
        for (const side of ['ours', 'peer'] as const) {
          const { all, different } = await effectsOf(side);
          const expected = added[side] * effects;
          if (all !== expected || different !== expected)
            throw new Error(`${side}: ${all} effects, ${different} of them different, expected ${expected}`);
        }
      },
      async notes() {
        stage.progress(`both are killed while ${count} jobs are done, and started again`);
        const after = async (side: keyof typeof sides, start: () => Promise<PeerProcess>) => {
          const from = added[side];
          added[side] += count;
          await sides[side].call('add', { from, count });
          while ((await effectsOf(side)).all < (from + count / 4) * effects) await delay(5);
          await sides[side].kill();
          sides[side] = await start();
          const killed = performance.now();
          let seen = await effectsOf(side);
          while (seen.different < added[side] * effects && performance.now() - killed < afterKillMs) {
            await delay(100);
            seen = await effectsOf(side);
          }
          const seconds = Math.round((performance.now() - killed) / 1_000);
          return `${seen.different - from * effects} of ${count * effects} done ${seconds} s later, ${seen.all - seen.different} twice`;
        };
        const [ours, theirs] = await Promise.all([after('ours', startOurs), after('peer', startTheirs)]);
        return { 'killed at a quarter, ours': ours, [`killed at a quarter, ${peer.name}`]: theirs };
      },
    };
  },
});

export const sagasAgainst = (peer: Peer): Bench => jobsAgainst(peer, works.turns);

import type { Bench, Peer } from './bench.ts';

/** What ours promises that each peer does not, for the same work. */
const differences = {
  'graphile-worker':
    'Ours: the job of a killed worker is done by another after its lease (25 s), a job is done once per key and cause, and is parked as a dead letter when it fails for the last time. graphile-worker: the lock of a killed worker ends after four hours; a job key replaces only a job that still waits.',
  'pg-boss':
    'Ours: the job of a killed worker is done by another after its lease (25 s), and each job is settled by itself. pg-boss: the jobs of a killed worker are tried again after 15 minutes, and one error repeats all jobs of its batch.',
  'dbos-sdk':
    'Ours: any replica continues a saga after the lease of a killed one (25 s), and a turn starts the next one in the transaction of its effect. DBOS: a workflow continues when a process of the same executor id starts again; a step that a crash interrupts is done again.',
};

type PeerName = keyof typeof differences;
type Comparison = (peer: Peer) => Bench;

const groups: [PeerName[], () => Promise<Comparison>][] = [
  [['graphile-worker', 'pg-boss'], async () => (await import('./against/jobs.ts')).jobsAgainst],
  [['dbos-sdk'], async () => (await import('./against/jobs.ts')).sagasAgainst],
];

/** All comparisons with peers by name; each is loaded when it is run. */
export const peerBenches: Record<string, () => Promise<Bench>> = Object.fromEntries(
  groups.flatMap(([names, load]) =>
    names.map((name) => [`peer-${name}`, async () => (await load())({ name, differs: differences[name] })]),
  ),
);

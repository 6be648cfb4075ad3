import type { Bench, Peer } from './bench.ts';

/** What ours promises that each peer does not, for the same work. */
const differences = {
  'graphile-worker':
    'Ours: the job of a killed worker is done by another after its lease (8 s), a job is done once per key and cause, and is parked as a dead letter when it fails for the last time. graphile-worker: the lock of a killed worker ends after four hours; a job key replaces only a job that still waits.',
  'pg-boss':
    'Ours: the job of a killed worker is done by another after its lease (8 s), and each job is settled by itself. pg-boss: the jobs of a killed worker are tried again after 15 minutes, and one error repeats all jobs of its batch.',
  'nestjs-microservices':
    'Ours: both sides validate against a contract, the actor is signed, a request has a deadline, and a refusal is typed. NestJS: JSON without validation, signature or deadline.',
  moleculer:
    'Ours: the answer is validated too, the actor is signed, a request has a deadline, and a refusal is typed. Moleculer: parameters are validated; no signature, and no timeout by default.',
  'fastify-pg':
    'Ours: the service is a process of its own and the only one with rights on its tables, the answer is checked against the contract, and the request is limited, traced and audited. Fastify with pg: one process that verifies the token and reads the tables itself.',
  papaparse:
    'Ours: the file is kept as evidence with its hash, each line is classified, and a fault is listed with its line. Papa Parse: fields as text, to which the benchmark adds amounts and COPY.',
  'duckdb-csv':
    'Ours: rows in the Postgres that all replicas share, with evidence, keys and a list of faults. DuckDB: one process writes the file at a time, columns without keys, and no evidence.',
  'duckdb-metering':
    'Ours: facts are compared, hashed and published in one transaction, each with its observations, while others read and write. DuckDB: one process writes the file at a time, and nothing is published.',
  'emmett-postgresql':
    'Ours: consumers in other processes and databases, which need not reach the database that publishes, a poison message is parked, and duplicates are refused by the stream. Emmett: the projector polls the table of events of the same database; a failing event stops it.',
  'pg-transactional-outbox':
    'Ours: the order of commits, batches of messages in one transaction, and a stream that other services read later too. pg-transactional-outbox: each message is handled in a transaction of its own, in no order across segments, and the broker is left to the user.',
  'dbos-sdk':
    'Ours: any replica continues a saga after the lease of a killed one (8 s), and a turn starts the next one in the transaction of its effect. DBOS: a workflow continues when a process of the same executor id starts again; a step that a crash interrupts is done again.',
};

type PeerName = keyof typeof differences;
type Comparison = (peer: Peer) => Bench;

const groups: [PeerName[], () => Promise<Comparison>][] = [
  [['graphile-worker', 'pg-boss'], async () => (await import('./against/jobs.ts')).jobsAgainst],
  [['nestjs-microservices', 'moleculer'], async () => (await import('./against/request.ts')).requestAgainst],
  [['fastify-pg'], async () => (await import('./against/list.ts')).listAgainst],
  [['papaparse', 'duckdb-csv'], async () => (await import('./against/csv.ts')).csvAgainst],
  [['duckdb-metering'], async () => (await import('./against/metering.ts')).meteringAgainst],
  [
    ['emmett-postgresql', 'pg-transactional-outbox'],
    async () => (await import('./against/projection.ts')).projectionAgainst,
  ],
  [['dbos-sdk'], async () => (await import('./against/jobs.ts')).sagasAgainst],
];

/** All comparisons with peers by name; each is loaded when it is run. */
export const peerBenches: Record<string, () => Promise<Bench>> = Object.fromEntries(
  groups.flatMap(([names, load]) =>
    names.map((name) => [`peer-${name}`, async () => (await load())({ name, differs: differences[name] })]),
  ),
);
